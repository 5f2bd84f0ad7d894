// SPDX-License-Identifier: MIT
// Two networks of LibTorch for the same pictures: a linear one, and a convolutional one that is more accurate.
#include <torch/torch.h>

#include "classifiers.hpp"

namespace service {

namespace {

torch::Tensor tensor_of(const Picture& picture) {
  return torch::from_blob(const_cast<float*>(picture.data()), {1, 1, side, side}).clone();
}

class Network : public Classifier {
 public:
  explicit Network(torch::nn::Sequential net) : net_(std::move(net)) { net_->eval(); }
  [[nodiscard]] int classify(const Picture& picture) const override {
    const torch::InferenceMode none;   // of this thread
    torch::nn::Sequential net = net_;  // the same weights: forward changes nothing in evaluation
    return net->forward(tensor_of(picture)).argmax(1).item<int>();
  }

 private:
  torch::nn::Sequential net_;
};

void fit(torch::nn::Sequential& net, const torch::Tensor& pictures, const torch::Tensor& labels, int epochs) {
  torch::optim::Adam optimizer(net->parameters(), torch::optim::AdamOptions(3e-3));
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const torch::Tensor order = torch::randperm(labels.size(0));
    for (const torch::Tensor& batch : order.split(100)) {
      optimizer.zero_grad();
      const torch::Tensor scores = net->forward(pictures.index_select(0, batch));
      torch::nn::functional::cross_entropy(scores, labels.index_select(0, batch)).backward();
      optimizer.step();
    }
  }
}

}  // namespace

std::vector<Named> train(const std::vector<Labelled>& examples) {
  namespace nn = torch::nn;
  torch::manual_seed(0);
  torch::set_num_threads(1);  // requests are many; each is small
  std::vector<torch::Tensor> pictures;
  std::vector<std::int64_t> labels;
  for (const Labelled& one : examples) {
    pictures.push_back(tensor_of(one.picture));
    labels.push_back(one.label);
  }
  const torch::Tensor x = torch::cat(pictures);
  const torch::Tensor y = torch::tensor(labels);
  const auto count = static_cast<std::int64_t>(kinds);
  nn::Sequential linear(nn::Flatten(), nn::Linear(static_cast<std::int64_t>(side * side), count));
  nn::Sequential convolutional(nn::Conv2d(nn::Conv2dOptions(1, 32, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                               nn::Conv2d(nn::Conv2dOptions(32, 64, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2),
                               nn::Flatten(), nn::Linear(64 * 9, count));
  fit(linear, x, y, 5);
  fit(convolutional, x, y, 6);
  return {{"linear", std::make_shared<Network>(linear)}, {"convolutional", std::make_shared<Network>(convolutional)}};
}

}  // namespace service
