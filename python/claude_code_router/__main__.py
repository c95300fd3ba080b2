"""`python -m claude_code_router`."""

import sys

from . import main

sys.exit(main())
