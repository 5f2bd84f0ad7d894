// SPDX-License-Identifier: MIT
#include "detail/files.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <co2lib/error.hpp>

namespace {

using namespace co2lib;
using detail::read_file;

class Files : public testing::Test {
 protected:
  Files() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& text) {
    std::ofstream(folder_ / "file", std::ios::binary) << text;
    return folder_ / "file";
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "co2lib_files";
};

TEST_F(Files, AreReadWholeWithEveryByte) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += static_cast<char>(i % 256);
  EXPECT_EQ(*read_file(write(text)), text);
  EXPECT_EQ(*read_file(write("")), "");
  EXPECT_FALSE(read_file("/proc/self/status")->empty()) << "a file without a size";
}

TEST_F(Files, AreRefusedAboveALimit) {
  EXPECT_EQ(*read_file(write("12345"), 5), "12345");
  const Result<std::string> large = read_file(write("123456"), 5);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.issue().code, "limit");
  EXPECT_EQ(read_file("/dev/zero", 1000).issue().code, "limit") << "a file without an end";
}

TEST_F(Files, ThatCannotBeReadSayWhyAndAreNeverAShorterText) {
  const auto why = [](const std::filesystem::path& file) {
    const Result<std::string> text = read_file(file);
    return text ? "read" : text.issue().code + ": " + text.issue().subject + " " + text.issue().text;
  };
  EXPECT_EQ(why(folder_), "io: " + folder_.string() + " cannot be read: Is a directory; give a file in it");
  EXPECT_NE(why(folder_ / "absent").find("No such file"), std::string::npos);
  EXPECT_NE(why(write("") / "below").find("Not a directory"), std::string::npos);
  EXPECT_NE(why("/proc/self/mem").find("Input/output error"), std::string::npos) << "an error on the way";
}

TEST_F(Files, AreThrownWithTheCodeOfTheCaller) {
  EXPECT_EQ(detail::read_file_or_throw(write("text"), "tracker.bad_log"), "text");
  try {
    (void)detail::read_file_or_throw(folder_, "tracker.bad_log");
    FAIL() << "a folder was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "tracker.bad_log");
    EXPECT_EQ(error.category(), ErrorCategory::os);
    EXPECT_EQ(std::get<std::string>(error.details().at("file")), folder_.string());
    EXPECT_NE(std::string(error.what()).find(folder_.string()), std::string::npos);
  }
}

TEST_F(Files, MayBePipes) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << std::string(100'000, 'x'); });
  EXPECT_EQ(read_file(pipe)->size(), 100'000U);
  writer.join();
}

}  // namespace
