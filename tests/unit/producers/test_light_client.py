"""The client SDK stays light."""

import subprocess
import sys

HEAVY = ("torch", "celery", "redis", "numpy", "lancedb", "PIL", "transformers")


def test_the_client_imports_nothing_heavy() -> None:
    program = (
        "import sys, producers.ask, producers.attachment, producers.upload, producers.tail;"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
