"""Spread what a few vertices do over all others, as skin would.

The field bends as little as it can (biharmonic) with a little tension, so that it neither folds
nor reaches far: Botsch and Kobbelt 2004, "An intuitive framework for real-time freeform modeling".
"""

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from bonaface.avatar.likeness.ruler import Places
from bonaface.avatar.rig import Indices

TENSION = 2e-3  # keeps far vertices from swinging out

Pins = Mapping[int, Places]  # vertex to where it goes, px


class Field:
    """Smooth motion of vertices that the triangles `skin` join; mouth and eyes are holes in it."""

    def __init__(self, vertices: Places, skin: Indices, scale: float) -> None:
        edges = np.concatenate([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]])
        steps = (vertices[edges[:, 0]] - vertices[edges[:, 1]])[:, :2]
        weights = 1 / (np.linalg.norm(steps, axis=1) + 0.3 * scale)
        self._count = len(vertices)
        shape = (self._count, self._count)
        joined = sp.coo_matrix((weights, (edges[:, 0], edges[:, 1])), shape=shape).tocsr()
        joined = joined.maximum(joined.T)
        self._energy = _energy(joined)

    def spread(self, pins: Pins) -> Places:
        """Motion of every vertex (n, k), where the pinned ones do what `pins` says, exactly."""
        fixed = np.array(sorted(pins))
        values = np.array([np.atleast_1d(pins[i]) for i in fixed.tolist()], float)
        free = np.setdiff1d(np.arange(self._count), fixed)
        field = np.zeros((self._count, values.shape[1]))
        field[fixed] = values
        pull = -(self._energy[free][:, fixed] @ values)
        field[free] = spsolve(self._energy[free][:, free], pull).reshape(len(free), -1)
        return field


def _energy(joined: sp.csr_matrix) -> sp.csc_matrix:
    degree = np.asarray(joined.sum(1)).ravel()
    laplace = sp.diags(degree) - joined
    normal = sp.diags(1 / np.maximum(degree, 1e-9)) @ laplace
    return (normal.T @ normal + TENSION * laplace / degree.mean()).tocsc()
