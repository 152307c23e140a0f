"""Compile the inner loops. Machine code is kept beside the source, so only the first run waits.

A kernel may call kernels of its own file only: numba looks at one file's age to tell whether the
machine code it kept is still good.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Compile a kernel. Division by zero gives infinity, as in numpy; no fast-math.

    A kernel lets other threads run: several faces are drawn at once in one process.
    """
    return cast("Kernel", numba.njit(cache=True, error_model="numpy", nogil=True)(kernel))


def inlined(kernel: Kernel) -> Kernel:
    """Compile a part of a kernel, for the place where it is called."""
    return cast(
        "Kernel", numba.njit(cache=True, error_model="numpy", nogil=True, forceinline=True)(kernel)
    )
