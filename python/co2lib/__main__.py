# SPDX-License-Identifier: MIT
"""``python -m co2lib``: the command line."""

import sys

from co2lib.cli import main

sys.exit(main())
