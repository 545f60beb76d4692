"""How many examples the tests with made-up inputs try: a few, always the same, or as many others as `make fuzz` wants."""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))


def bounded(examples: int, *, share: float = 1.0) -> settings:
    """At most 5 s for each example; `examples` of them in a usual run of the tests, and of those of `make fuzz` a
    `share`, for tests that take long."""
    return settings(
        max_examples=round(share * EXAMPLES) or examples,
        derandomize=not EXAMPLES,
        database=None,
        deadline=5000,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        print_blob=True,
    )
