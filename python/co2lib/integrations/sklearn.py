# SPDX-License-Identifier: MIT
"""scikit-learn: an estimator whose `fit` is tracked. Around a block of one's own, `co2lib.track` is enough.

>>> from sklearn.linear_model import LogisticRegression
>>> from co2lib.integrations.sklearn import Measured
>>> model = Measured(LogisticRegression(), options={"location": "FRA"})
>>> _ = model.fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
>>> model.predict([[3.0]]).tolist()
[1]
>>> model.footprint_.complete
True
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from co2lib._extras import require
from co2lib.integrations._card import write_card
from co2lib.tracker import Footprint, Track, Tracker, track

__all__ = ["Measured", "fits"]

_NEEDED = "co2lib.integrations.sklearn"
require("sklearn", needed_for=_NEEDED)
_sklearn_base: Any = require("sklearn.base", needed_for=_NEEDED)
_available_if: Any = require("sklearn.utils.metaestimators", needed_for=_NEEDED).available_if
_check_is_fitted: Any = require("sklearn.utils.validation", needed_for=_NEEDED).check_is_fitted
_Base: Any = _sklearn_base.BaseEstimator
_Meta: Any = _sklearn_base.MetaEstimatorMixin


def _delegated(name: str) -> Any:
    def has(self: Any) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), name)  # its own AttributeError says more
        return True

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        _check_is_fitted(self)
        return getattr(self.estimator_, name)(*args, **kwargs)

    call.__name__ = name
    call.__doc__ = f"Call `{name}` of the fitted estimator."
    return _available_if(has)(call)


class Measured(_Meta, _Base):  # type: ignore[misc]
    """An estimator that tracks each `fit`; it can be cloned, searched over and put into pipelines.

    Parameters
    ----------
    estimator : estimator
        What is fitted: a clone of it, as in scikit-learn's own.
    card : path, optional
        Model card that gets the block ``co2_eq_emissions`` after each fit.
    options : mapping, optional
        Those of `co2lib.track`.

    Attributes
    ----------
    estimator_ : estimator
        Fitted.
    footprint_ : Footprint
        Of the last fit. Fits in parallel threads each see the whole machine; add `options={"scope":
        "process"}` and sum processes, or track the search as a whole.
    """

    def __init__(
        self,
        estimator: Any,
        *,
        card: str | os.PathLike[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.estimator = estimator
        self.card = card
        self.options = options

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:  # noqa: N803
        """Fit a clone of the estimator under the tracker."""
        self.estimator_ = _sklearn_base.clone(self.estimator)
        with track(**(self.options or {})) as run, run.region("fit"):
            if y is None:
                self.estimator_.fit(X, **params)
            else:
                self.estimator_.fit(X, y, **params)
        self.footprint_: Footprint = run.footprint
        if self.card is not None:
            write_card(self.card, self.footprint_.to_model_card())
        return self

    predict = _delegated("predict")
    predict_proba = _delegated("predict_proba")
    predict_log_proba = _delegated("predict_log_proba")
    decision_function = _delegated("decision_function")
    transform = _delegated("transform")
    inverse_transform = _delegated("inverse_transform")
    score_samples = _delegated("score_samples")
    score = _delegated("score")

    @property
    def classes_(self) -> Any:
        """The labels of the fitted estimator."""
        return self.estimator_.classes_

    @property
    def n_features_in_(self) -> Any:
        """The number of features of the fitted estimator."""
        return self.estimator_.n_features_in_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self) -> Any:
        return self.estimator.__sklearn_tags__()


@contextmanager
def fits(run: Track | Tracker, *estimators: Any, name: str = "fit") -> Iterator[None]:
    """Make every `fit` of these estimators a region of a run, as long as the block lasts.

    Parameters
    ----------
    run : Track or Tracker
        Running.
    *estimators : estimator
        Objects (not classes); clones that a search makes of them are not seen.
    name : str
        The regions' name.
    """
    changed: list[tuple[Any, bool, Any]] = []
    try:
        for estimator in estimators:
            own = "fit" in vars(estimator)
            changed.append((estimator, own, vars(estimator).get("fit")))
            estimator.fit = run.region(name)(estimator.fit)
        yield
    finally:
        for estimator, own, before in reversed(changed):
            if own:
                estimator.fit = before
            else:
                vars(estimator).pop("fit", None)
