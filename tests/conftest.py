"""Before any test imports torch: how its threads wait is read from the environment when it loads."""

import studio.render.environment  # noqa: F401
