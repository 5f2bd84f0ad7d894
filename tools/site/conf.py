# SPDX-License-Identifier: MIT
"""Sphinx's settings for the documentation site; tools/site/build.py lays out the sources."""

import co2lib

project = "co2lib"
author = "the co2lib authors"
copyright = "the co2lib authors, MIT licence"
version = release = co2lib.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["examples"]
html_theme = "furo"
html_title = f"co2lib {version}"
html_show_sourcelink = False
# build.py gives the folder of the headers' reference (html_extra_path).

# Headings are linked as GitHub links them, so that the pages can be read in both places.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
# Names that several domains have (Forecast) are found in signatures without their module.
suppress_warnings = ["ref.python"]

napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # attributes stand in the docstring and are not said twice
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": True}
# Frameworks whose callbacks are described without them.
autodoc_mock_imports = [
    "accelerate",
    "gradio",
    "keras",
    "lightning",
    "mlflow",
    "opentelemetry",
    "prometheus_client",
    "pytorch_lightning",
    "sklearn",
    "tensorboard",
    "torch",
    "transformers",
    "wandb",
]
