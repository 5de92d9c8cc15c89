"""How property tests run here."""

from hypothesis import HealthCheck, settings

# No deadline for an example: the machine is shared. No memory of earlier runs: a test run leaves nothing behind.
settings.register_profile(
    "unit",
    deadline=None,
    database=None,
    # The same examples at every run: a submission must not fail by chance.
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")
