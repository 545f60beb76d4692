"""What may be concluded from a figure, as a value of its own: pages and terminals put it into words."""

from enum import StrEnum

SIGNIFICANT = 0.05
"""A corrected p value above this is no evidence."""

LEAST_SHUFFLES = 19
"""Fewer shuffles than this cannot give a p value of 0.05."""


class Verdict(StrEnum):
    """What may be concluded from a figure compared with chance."""

    ABOVE_CHANCE = "above_chance"
    BELOW_MAJORITY = "below_majority"
    """Above chance, but always naming the largest class is right as often."""
    NOT_ABOVE_CHANCE = "not_above_chance"
    FEW_ORDERS = "few_orders"
    """Labels have too few orders to tell chance from more."""
    NOT_JUDGED = "not_judged"
    """Chance was not measured, or not often enough."""
    TOO_FEW = "too_few"
    """Too few windows or people were tested for the question; only for the headline."""


def judge(
    p_corrected: float | None, shuffles: int, accuracy: float, majority: float | None, *, few_orders: bool = False
) -> Verdict:
    """The verdict on a classifier: by the corrected p value of its balanced accuracy, and by its plain accuracy
    compared with that of always naming the largest class.
    """
    if few_orders:
        return Verdict.FEW_ORDERS
    if p_corrected is None or shuffles < LEAST_SHUFFLES:
        return Verdict.NOT_JUDGED
    if p_corrected > SIGNIFICANT:
        return Verdict.NOT_ABOVE_CHANCE
    if majority is not None and accuracy <= majority:
        return Verdict.BELOW_MAJORITY
    return Verdict.ABOVE_CHANCE
