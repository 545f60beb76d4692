"""One dense displacement field per person and action unit.

A field says for each pixel of the moved face where in the portrait its colour comes from, at full activation; a moved
face is the portrait sampled at the weighted sum of the fields. Each field is bounded by the anatomy of the face frame:
brows do not pull at the lids, the jaw does not pull at the nose. Lids and lips are cuts: the field jumps at the lower
lid, where the upper lid's skin slides over the eye, and at the lower lip, where the mouth opens.

The units are those of the Facial Action Coding System (Ekman & Friesen, 1978). How far each goes is our own choice,
mild, in units of the distance between the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from moodreel.video.actors.faceframe import FaceFrame, Lids
from moodreel.video.actors.portraits import PLATE_PX, Framing, Portrait

UNITS = ("au01", "au02", "au04", "au06", "au12", "au15", "au18", "au26", "au45")
"""Inner and outer brow raiser, brow lowerer, cheek raiser, lip corner puller, lip corner depressor, lip pucker, jaw drop
(which parts the lips, AU25), eye closure (held: AU43)."""


LASHES = 0.035
"""Height of the upper lashes, in units."""

SEAM = 0.025
"""Height, in units, over which closed lids meet."""


def _ramp(x: np.ndarray, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
    """Smooth step from 0 at `low` to 1 at `high` (which may lie below `low`)."""
    x = np.clip((x - low) / (high - low), 0, 1)
    return x * x * (3 - 2 * x)


def _bell(x: np.ndarray, sigma: float) -> np.ndarray:
    return np.exp(-0.5 * (x / sigma) ** 2)


def _height(polyline: tuple[tuple[float, float], ...], s: np.ndarray) -> np.ndarray:
    return np.interp(s, *np.transpose(polyline))


def _vectors(ds: np.ndarray | float, dt: np.ndarray | float, like: np.ndarray) -> np.ndarray:
    return np.stack([np.broadcast_to(ds, like.shape), np.broadcast_to(dt, like.shape)], axis=-1)


def _brow_band(face: FaceFrame, framing: Framing, *, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """1 on the brows and just above, 0 at the floor below and at the top of the forehead; and the height of floor over brow.

    The band reaches 1 at the share `edge` of the way up from the floor to the brow.
    """
    floor = _height(framing.brow_floor, face.s)
    room = np.maximum(floor - face.brows(face.s), 0.08)
    below = _ramp(face.t, floor, floor - edge * room)
    above = _ramp(face.t, face.forehead[1] - 0.1, floor - room - 0.05)
    return below * above * (1 - _ramp(np.abs(face.s), 0.8, 1.2)), room


def _brow_raise(face: FaceFrame, framing: Framing, share: np.ndarray) -> np.ndarray:
    band, room = _brow_band(face, framing, edge=0.5)
    return _vectors(0, -np.minimum(0.10, 0.9 * room) * share * band, face.s)


def _au01(face: FaceFrame, framing: Framing) -> np.ndarray:
    return _brow_raise(face, framing, 1 - _ramp(np.abs(face.s), 0.3, 0.75))


def _au02(face: FaceFrame, framing: Framing) -> np.ndarray:
    return _brow_raise(face, framing, _ramp(np.abs(face.s), 0.3, 0.75))


def _au04(face: FaceFrame, framing: Framing) -> np.ndarray:
    band, room = _brow_band(face, framing, edge=1.1)
    inner = 1 - 0.6 * _ramp(np.abs(face.s), 0.35, 0.9)
    together = -0.06 * np.tanh(face.s / 0.15) * (1 - _ramp(np.abs(face.s), 0.35, 0.8))
    return _vectors(together * band, np.minimum(0.065, 0.5 * room) * inner * band, face.s)


def _au06(face: FaceFrame, framing: Framing) -> np.ndarray:
    ceiling = _height(framing.cheek_ceiling, face.s)
    cheek = _bell(np.abs(face.s) - 0.62, 0.2) * _bell(face.t - 0.62, 0.22)
    return _vectors(0, -0.05 * cheek * _ramp(face.t, ceiling, ceiling + 0.2), face.s)


def _corners(face: FaceFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position along the mouth (-1 and 1 at its corners), height below the lip line, and the field's reach around it."""
    (left, left_t), (right, right_t) = face.mouth_corners
    along = 2 * (face.s - left) / (right - left) - 1
    line = np.interp(face.s, [left, right], [left_t, right_t])
    reach = np.where(np.abs(along) > 1, _bell(np.abs(along) - 1, 0.45), 1)
    nose = (1 - _ramp(np.abs(face.s), 0.2, 0.45)) * (1 - _ramp(face.t, face.nose_base[1], face.nose_base[1] + 0.15))
    return along, face.t - line, reach * (1 - nose)


def _au12(face: FaceFrame, framing: Framing) -> np.ndarray:
    along, below, reach = _corners(face)
    reach = reach * _bell(below, 0.26)
    inside = np.clip(along, -1, 1)
    return _vectors(0.09 * inside * reach, -0.09 * np.abs(inside) ** 1.5 * reach, face.s)


def _au15(face: FaceFrame, framing: Framing) -> np.ndarray:
    along, below, reach = _corners(face)
    reach = reach * _bell(below, 0.22)
    inside = np.clip(along, -1, 1)
    return _vectors(0.02 * inside * reach, (0.10 * np.abs(inside) ** 2 - 0.02) * reach, face.s)


def _au18(face: FaceFrame, framing: Framing) -> np.ndarray:
    along, _, reach = _corners(face)
    below = face.t - face.mouth_centre[1]
    narrower = -0.13 * np.clip(along, -1, 1) * reach * _bell(below, 0.24)
    thicker = 0.30 * below * _bell(below, 0.13) * _bell(along, 0.5) * reach
    return _vectors(narrower, thicker, face.s)


_SKIN = {"au01": _au01, "au02": _au02, "au04": _au04, "au06": _au06, "au12": _au12, "au15": _au15, "au18": _au18}
"""Units that move skin without a cut: functions to forward fields (where a point of the face goes), in (s, t)."""


def invert(forward: np.ndarray) -> np.ndarray:
    """The field that undoes `forward` (height, width, 2), px: where the colour of each pixel comes from.

    Fixed-point iteration (Chen et al., 2008, doi:10.1118/1.2816107), damped so that it converges where skin is drawn
    out to three times its height; where a field folds (shrinks by more than all) there is no inverse.
    """
    height, width = forward.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    forward = forward.astype(np.float32)
    inverse = -forward
    for _ in range(30):
        moved = cv2.remap(forward, x + inverse[..., 0], y + inverse[..., 1], cv2.INTER_LINEAR)
        inverse += 0.3 * (-moved - inverse)
    return inverse


def _lid_skin(face: FaceFrame, framing: Framing, lids: Lids) -> tuple[np.ndarray, np.ndarray]:
    """Heights between which the skin lies that will cover the closed eye."""
    top = lids.crease(face.s) - framing.lid_reach
    return top, np.maximum(lids.upper(face.s) - LASHES, top + 0.02)


def _upper_lid(face: FaceFrame, framing: Framing, lids: Lids) -> np.ndarray:
    """Inverse dt that draws the lid's skin down over the whole eye.

    The lashes below that skin keep their height. Within `SEAM` under the lower lid the field runs back to zero.
    """
    top, lashes = _lid_skin(face, framing, lids)
    lower = lids.lower(face.s)
    opening = np.maximum(lower - lids.upper(face.s), 0)
    inside = (face.s > lids.corners[0]) & (face.s < lids.corners[1])
    drawn = np.clip((face.t - top) / (lashes + opening - top), 0, 1)
    return np.where(inside, -opening * drawn * (1 - np.clip((face.t - lower) / SEAM, 0, 1)), 0)


def smooth_drawn_skin(portrait: Portrait, face: FaceFrame) -> np.ndarray:
    """The plate with the skin under the brows and above the eyes smoothed along its folds.

    That skin is what raised brows and closing lids draw out; unsmoothed it would show streaks.
    """
    plate = portrait.plate.copy()
    region = plate[face.top : face.top + face.height, face.left : face.left + face.width]
    floor = _height(portrait.framing.brow_floor, face.s)
    mask = _ramp(face.t, floor + 0.015, floor) * _ramp(face.t, floor - 0.07, floor - 0.05)
    mask *= _ramp(np.abs(face.s), 0.1, 0.2) * _ramp(np.abs(face.s), 1.0, 0.8)
    for lids in face.eyes:
        top, lashes = _lid_skin(face, portrait.framing, lids)
        left, right = lids.corners
        lid = _ramp(face.t, top - 0.01, top + 0.02) * _ramp(face.t, lashes + 0.01, lashes - 0.02)
        mask += lid * _ramp(face.s, left, left + 0.06) * _ramp(face.s, right, right - 0.06)
    along = cv2.GaussianBlur(region, (0, 0), sigmaX=0.06 * face.unit_px, sigmaY=0.1)
    region[:] = np.rint(region + (along.astype(np.float32) - region) * np.minimum(mask, 1)[..., None])
    return plate


def _lower_lid(face: FaceFrame, lids: Lids, rise: float) -> np.ndarray:
    """Inverse dt that lifts the lower lid by `rise` at the middle of the eye, the skin stretching from the pouch."""
    lower, pouch = lids.lower(face.s), lids.pouch(face.s)
    left, right = lids.corners
    rise = rise * np.sqrt(np.clip((face.s - left) * (right - face.s), 0, None)) * 2 / (right - left)
    edge = lower - rise
    drawn = (pouch - face.t) / np.maximum(pouch - edge, 1e-6)
    return np.where((face.t >= edge) & (face.t < pouch), rise * drawn, 0)


@dataclass(frozen=True)
class JawDrop:
    """The opening of the mouth in the face frame, each (height, width), in units.

    `line` is the height of the cut; `upper` and `lower` tell how far its two edges go down (equal at the corners of the
    mouth and beyond, where nothing opens); `field` how far each pixel goes.
    """

    line: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    field: np.ndarray


def _jaw_drop(face: FaceFrame) -> JawDrop:
    line = face.inner_lower_lip(face.s)
    left, right = face.inner_corners
    along = np.clip(2 * (face.s - left) / (right - left) - 1, -1, 1)
    opens = 1 - along**2
    chin = face.chin
    drop = 0.17 * (1 - _ramp(np.abs(face.s - chin[0]), 0.3, 1.0))
    # The corners of the mouth go 0.45 of the way, the skin above them ever less, the chin all of it.
    upper, lower = 0.45 * (1 - opens), 0.45 + 0.55 * opens
    above = upper * _ramp(face.t, line - 0.3, line)
    below = lower + (1 - lower) * _ramp(face.t, line, line + 0.35)
    below = below * (1 - _ramp(face.t, chin[1], chin[1] + 0.5))
    field = np.where(face.t > line + drop * upper, below, above)
    return JawDrop(line, drop * upper, drop * lower, drop * field)


def _closed_lids_shade(face: FaceFrame) -> np.ndarray:
    """The line of lashes where closed lids meet."""
    shade = np.zeros_like(face.s)
    for lids in face.eyes:
        left, right = lids.corners
        along = np.clip((face.s - left) * (right - face.s), 0, None) * 4 / (right - left) ** 2
        shade -= 0.5 * np.sqrt(along) * _bell(face.t - lids.lower(face.s) - SEAM / 2, 0.013)
    return shade


def _furrows_shade(face: FaceFrame) -> np.ndarray:
    """The two upright furrows between lowered brows."""
    brow = face.brows(face.s)
    return -0.14 * _bell(np.abs(face.s) - 0.09, 0.03) * _bell(face.t - brow - 0.05, 0.09)


@dataclass(frozen=True)
class Mouth:
    """Where the opening between the lips lies, each (height, width), px.

    `below` is the distance below the cut; `upper` and `lower` the distances at which the opening begins and ends when
    the jaw is dropped fully.
    """

    below: np.ndarray
    upper: np.ndarray
    lower: np.ndarray


@dataclass(frozen=True)
class ActionUnitFields:
    """The fields of one person over the face's region.

    `fields` is float32 (len(UNITS), height, width, 2), plate px; `shades` maps a unit to the relative change of
    brightness that it brings, float32 (height, width).
    """

    face: FaceFrame
    fields: np.ndarray
    shades: dict[str, np.ndarray]
    mouth: Mouth


def action_unit_fields(portrait: Portrait) -> ActionUnitFields:
    """Compute the fields of every unit for one portrait."""
    face = FaceFrame(portrait.mesh, limit_px=PLATE_PX)
    zero = np.zeros_like(face.s)
    fields = {unit: invert(face.to_pixels(make(face, portrait.framing))) for unit, make in _SKIN.items()}

    cheeks = sum((_lower_lid(face, lids, 0.035) for lids in face.eyes), zero)
    fields["au06"] = fields["au06"] + face.to_pixels(_vectors(0, cheeks, face.s))

    lids = sum((_upper_lid(face, portrait.framing, lids) for lids in face.eyes), zero)
    fields["au45"] = face.to_pixels(_vectors(0, lids, face.s))

    jaw = _jaw_drop(face)
    fields["au26"] = face.to_pixels(_vectors(0, -jaw.field, face.s))
    mouth = Mouth(
        *(
            (distance * face.unit_px).astype(np.float32)
            for distance in (face.t - jaw.line, jaw.upper, jaw.lower)
        )
    )
    shades = {"au04": _furrows_shade(face), "au45": _closed_lids_shade(face)}
    return ActionUnitFields(
        face=face,
        fields=np.stack([fields[unit] for unit in UNITS]).astype(np.float32),
        shades={unit: shade.astype(np.float32) for unit, shade in shades.items()},
        mouth=mouth,
    )
