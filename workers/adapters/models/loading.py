"""How a model gets into memory: once, at first use, in a number format that this processor is fast at."""

import ctypes
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from workers.errors import ModelUnavailable

T = TypeVar("T")


class LoadOnce(Generic[T]):
    """A value that the first thread to ask for it makes, while the others wait.

    After a failure the next call tries again, for the files may have been mended meanwhile.
    """

    def __init__(self, name: str, make: Callable[[], T]) -> None:
        self._name = name
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []

    def get(self) -> T:
        """The value. Raises `ModelUnavailable` when making it fails."""
        if not self._made:
            with self._lock:
                if not self._made:
                    self._made.append(self._try())
        return self._made[0]

    def _try(self) -> T:
        try:
            return self._make()
        except ModelUnavailable:  # it says already what to do
            raise
        except Exception as error:  # damaged weights surface as anything, even a bare Exception
            reason = str(error).strip() or type(error).__name__
            message = f"the model {self._name} does not load ({reason.splitlines()[0]})"
            raise ModelUnavailable(f"{message}; fetch its files again with `omnibus models fetch`") from error


def give_back_freed_memory() -> None:
    """Give the kernel back what was freed: for a process that is done with something large for a while.

    Does nothing where the C library has no malloc_trim(3).
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


def encoder_dtype() -> Any:
    """bfloat16 where the processor computes with it, else float32 (emulated bfloat16 is slower than that)."""
    import torch  # noqa: PLC0415 - takes a second

    features = torch.cpu.get_capabilities()
    native = any(features.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if native else torch.float32
