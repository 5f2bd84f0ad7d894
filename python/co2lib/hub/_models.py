# SPDX-License-Identifier: MIT
"""What the Hub says of a model, as one row of a table; docs/hub.md, "The table of models"."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from co2lib._core.hub import Card
from co2lib.hub._cards import read_card, read_metadata
from co2lib.hub._labels import report_class

FIRST_RECORDED: Final = datetime(2022, 3, 2, 23, 29, 4, tzinfo=UTC)
"""The Hub began to record creation then; its API says this of all older models."""

NOT_SPECIFIED: Final = "Not Specified"

DOMAINS: Final = {
    "NLP": """text-classification token-classification table-question-answering question-answering
        zero-shot-classification translation summarization feature-extraction text-generation
        text2text-generation fill-mask sentence-similarity conversational text-ranking text-retrieval
        multiple-choice""",
    "Computer Vision": """depth-estimation image-classification object-detection image-segmentation
        image-to-image unconditional-image-generation video-classification zero-shot-image-classification
        mask-generation zero-shot-object-detection image-feature-extraction keypoint-detection
        keypoint-matching image-to-3d image-to-video video-to-video""",
    "Audio": """text-to-speech text-to-audio automatic-speech-recognition audio-to-audio
        audio-classification voice-activity-detection""",
    "Multimodal": """text-to-image image-to-text text-to-video text-to-3d visual-question-answering
        document-question-answering image-text-to-text image-text-to-image image-text-to-video
        audio-text-to-text video-text-to-text visual-document-retrieval any-to-any""",
    "Tabular": """tabular-classification tabular-regression tabular-to-text time-series-forecasting""",
    "Reinforcement Learning": "reinforcement-learning robotics",
    "Other": "graph-ml other",
}
"""Tasks of the Hub by domain; ours, with text-to-image and its like Multimodal as in the study."""

_DOMAIN_OF: Final = {task: domain for domain, tasks in DOMAINS.items() for task in tasks.split()}


def domain_of(pipeline_tag: str | None, tags: Iterable[str] = ()) -> str:
    """Return the domain of a model: of its task, else of the tags that are tasks.

    Of tags of several domains: without feature extraction, if there is one other; Multimodal if it is among
    them; else the most frequent one, and ``Not Specified`` for a tie.
    """
    if pipeline_tag in _DOMAIN_OF:
        return _DOMAIN_OF[pipeline_tag]
    tasks = {tag for tag in tags if tag in _DOMAIN_OF}
    votes = Counter(_DOMAIN_OF[task] for task in tasks)
    if len(votes) > 1 and "feature-extraction" in tasks and len(tasks) == 2:
        (other,) = tasks - {"feature-extraction"}
        return _DOMAIN_OF[other]
    if len(votes) > 1 and "Multimodal" in votes:
        return "Multimodal"
    first = votes.most_common(2)
    if not first or (len(first) > 1 and first[0][1] == first[1][1]):
        return NOT_SPECIFIED
    return first[0][0]


def source_class(source: str | None, auto: bool) -> str:
    """Return the class of the study that a source of emissions belongs to; a tool wins over `auto`."""
    text = (source or "").lower()
    for name, words in (
        ("CodeCarbon", ("code carbon", "codecarbon")),
        ("MLCO2", ("mlco2", "ml co2")),
        ("Google Cloud", ("google cloud",)),
    ):
        if any(word in text for word in words):
            return name
    if auto or "autotrain" in text:
        return "AutoTrain"
    return "Article" if any(word in text for word in ("arxiv", "doi", "bloom")) else NOT_SPECIFIED


def training_class(training_type: str | None) -> str:
    """Return the study's class of a training: ``pre-training``, ``fine-tuning``, ``both`` or none of them."""
    text = (training_type or "").lower()
    pre, fine = "pre" in text, "fine" in text
    return "both" if pre and fine else "pre-training" if pre else "fine-tuning" if fine else NOT_SPECIFIED


# ----------------------------------------------------------------------------------------------------------
# Parts of a model, whatever is there in their place
# ----------------------------------------------------------------------------------------------------------
def text_or_none(value: Any) -> str | None:
    """Return a text that UTF-8 can carry, if it is one and not empty."""
    if not isinstance(value, str) or not value:
        return None
    return value.encode("utf-8", "replace").decode()


def texts_of(value: Any) -> list[str]:
    """Return the texts of a text or of a list."""
    values = value if isinstance(value, list) else [value]
    return [text for one in values if (text := text_or_none(one)) is not None]


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def time_or_none(value: Any) -> datetime | None:
    """Return a time in UTC, if it is one."""
    try:
        time = datetime.fromisoformat(value)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def is_unrecorded(created: datetime) -> bool:
    """Whether the time is the one that the Hub's API gives to all models that are older than its records."""
    return created.replace(microsecond=0) == FIRST_RECORDED


def metadata_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of the card, as the Hub has read them; empty for none."""
    found = item.get("cardData")
    return found if isinstance(found, dict) else {}


def reports(item: Mapping[str, Any]) -> bool:
    """Whether the model has the key of emissions, or the Hub's tag for it."""
    return "co2_eq_emissions" in metadata_of(item) or "co2_eq_emissions" in texts_of(item.get("tags"))


def datasets_of(item: Mapping[str, Any]) -> list[str]:
    """Return the data sets that the card names, each once."""
    return list(dict.fromkeys(texts_of(metadata_of(item).get("datasets"))))


def _base_models(item: Mapping[str, Any], metadata: Mapping[str, Any]) -> list[str]:
    of_api = item.get("baseModels")
    models = of_api.get("models") if isinstance(of_api, dict) else None
    names = [one.get("id") for one in models if isinstance(one, dict)] if isinstance(models, list) else []
    return list(dict.fromkeys(texts_of(names) + texts_of(metadata.get("base_model"))))


METRICS: Final = ("accuracy", "f1", "rouge1", "rougeL", "loss")
_METRIC_OF: Final = {name.lower(): name for name in METRICS}
_BODY_METRIC: Final = re.compile(
    r"^[ \t]{0,8}[-*+][ \t]{0,8}\**(loss|accuracy|f1|rouge1|rougel)\**[ \t]{0,8}[:=]"
    r"[ \t]{0,8}\**([\d.,]{1,30}%?)",
    re.IGNORECASE | re.MULTILINE,
)


def metric_value(name: str, value: Any) -> float | None:
    """Return the value of a metric: a share from ``90 %`` or 90, a decimal comma as a point."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip().removesuffix("%").strip().replace(",", ".")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if name in ("accuracy", "f1") and number > 1:
        number /= 100
    return number if math.isfinite(number) and number >= 0 else None


def metrics_of(item: Mapping[str, Any], text: str, auto: bool) -> dict[str, float]:
    """Return the first value of each metric of the model index, by type; for AutoTrain also of the text."""
    found: dict[str, float] = {}

    def take(kind: Any, value: Any) -> None:
        name = _METRIC_OF.get(kind.lower()) if isinstance(kind, str) else None
        if name is not None and name not in found:
            number = metric_value(name, value)
            if number is not None:
                found[name] = number

    index = item.get("model-index") or metadata_of(item).get("model-index")
    for model in index if isinstance(index, list) else ():
        results = model.get("results") if isinstance(model, dict) else None
        for result in results if isinstance(results, list) else ():
            metrics = result.get("metrics") if isinstance(result, dict) else None
            for metric in metrics if isinstance(metrics, list) else ():
                if isinstance(metric, dict):
                    take(metric.get("type"), metric.get("value"))
    if auto:
        for match in _BODY_METRIC.finditer(text):
            take(match[1], match[2])
    return found


_BIN: Final = re.compile(r"(?:.*/)?pytorch_model[\w.-]*\.bin")


def weights_of(files: Mapping[str, int] | None) -> int | None:
    """Return the bytes of the weights in one format: safetensors, else PyTorch's, else h5, onnx or gguf."""
    for fits in (
        lambda name: name.endswith(".safetensors"),
        lambda name: _BIN.fullmatch(name) is not None,
        lambda name: name.endswith(".h5"),
        lambda name: name.endswith(".onnx"),
        lambda name: name.endswith(".gguf"),
    ):
        sizes = [size for name, size in (files or {}).items() if fits(name)]
        if sizes:
            return sum(sizes)
    return None


# ----------------------------------------------------------------------------------------------------------
# The row
# ----------------------------------------------------------------------------------------------------------
def model_row(
    item: Mapping[str, Any],
    *,
    card: bytes | None = None,
    read: Card | None = None,
    files: Mapping[str, int] | None = None,
    first_commit: str | None = None,
    dataset_sizes: Mapping[str, int | None] | None = None,
    errors: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the row of a model, from what the Hub's list says of it and what was asked for beside.

    Parameters
    ----------
    item : mapping
        An entry of the Hub's list of models; every part of it may be missing, or of another kind.
    card : bytes, optional
        Its README.md, which is read in the place of the metadata of the list.
    read : Card, optional
        The card, where it has been read already.
    files : mapping, optional
        Size of each file in bytes.
    first_commit : str, optional
        Time of the oldest commit, for a model that is older than what the Hub has recorded.
    dataset_sizes : mapping, optional
        Size of each data set in bytes, None where it is unknown.
    """
    metadata = metadata_of(item)
    tags = list(dict.fromkeys(texts_of(item.get("tags")) + texts_of(metadata.get("tags"))))
    auto = "autotrain" in tags or "autonlp" in tags
    if read is None:
        read = read_card(card) if card is not None else read_metadata(_as_json(metadata))
    pipeline = text_or_none(item.get("pipeline_tag")) or text_or_none(metadata.get("pipeline_tag"))
    created = time_or_none(item.get("createdAt"))
    if created is not None and is_unrecorded(created):
        created = time_or_none(first_commit)
    named = datasets_of(item)
    sizes = [(dataset_sizes or {}).get(name) for name in named]
    known = [size for size in sizes if size is not None]
    data_bytes = sum(known) if known and len(known) == len(sizes) else None
    bin_bytes = (files or {}).get("pytorch_model.bin")
    safetensors = item.get("safetensors")
    grams = read.grams
    return {
        "id": text_or_none(item.get("id")),
        "author": text_or_none(item.get("author")) or _author(item.get("id")),
        "sha": text_or_none(item.get("sha")),
        "created_at": created,
        "last_modified": time_or_none(item.get("lastModified")),
        "likes": _count(item.get("likes")),
        "downloads": _count(item.get("downloads")),
        "downloads_all_time": _count(item.get("downloadsAllTime")),
        "tags": tags,
        "pipeline_tag": pipeline,
        "library_name": text_or_none(item.get("library_name")) or text_or_none(metadata.get("library_name")),
        "base_model": _base_models(item, metadata),
        "license": texts_of(metadata.get("license")),
        "language": texts_of(metadata.get("language")),
        "auto": auto,
        "domain": domain_of(pipeline, tags),
        "status": read.status,
        "grams": grams,
        "low_g": read.low,
        "high_g": read.high,
        "unit_source": read.unit_source,
        "warnings": read.warnings,
        "source": read.source,
        "training_type": read.training_type,
        "location": read.geographical_location,
        "hardware": read.hardware_used,
        "hours": read.hours_used,
        "energy_kwh": read.energy_kwh,
        "body_g": read.body_grams,
        "completeness": read.completeness,
        "source_class": source_class(read.source, auto),
        "training_class": training_class(read.training_type),
        "size_pytorch_bin_bytes": bin_bytes,
        "weights_bytes": weights_of(files),
        "parameters": _count(safetensors.get("total")) if isinstance(safetensors, dict) else None,
        "datasets_size_bytes": data_bytes,
        "datasets_missing": len(sizes) - len(known),
        **dict.fromkeys(METRICS),
        **metrics_of(item, card.decode("utf-8", "replace") if auto and card else "", auto),
        "report_class": report_class(read, tags=tags).id,
        "size_efficiency": _per_gram(bin_bytes, grams),
        "datasets_size_efficiency": _per_gram(data_bytes, grams),
        "errors": list(errors),
    }


def _as_json(metadata: Mapping[str, Any]) -> str:
    # The reader looks at no other key of the metadata: the rest need not be written and parsed.
    own = {key: value for key, value in metadata.items() if "emission" in _SEPARATORS.sub("", key).lower()}
    try:
        return json.dumps(own) if own else "{}"
    except (ValueError, RecursionError):
        return '{"co2_eq_emissions": ' + "[" * 1000  # deeper than any reader goes: it says so


_SEPARATORS: Final = re.compile(r"[-_\s]")


def _author(name: Any) -> str | None:
    return text_or_none(name.split("/")[0]) if isinstance(name, str) and "/" in name else None


def _per_gram(size: int | None, grams: float | None) -> float | None:
    if size is None or grams is None:
        return None
    return size / grams if grams > 0 else math.inf
