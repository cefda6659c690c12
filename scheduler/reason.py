"""Reason: why a site cannot, or did not, take a job. Sentences are made in explanation.py."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Codes of refusal: first those no plan can change, in the order of trial; last those of this plan."""

    SITE_LOST = "SITE_LOST"
    MISSING_TAG = "MISSING_TAG"
    NOT_RESIDENT = "NOT_RESIDENT"
    NO_ACCELERATOR = "NO_ACCELERATOR"
    TOO_LARGE = "TOO_LARGE"
    OVER_QUOTA = "OVER_QUOTA"
    NO_ROUTE = "NO_ROUTE"
    TOO_FAR = "TOO_FAR"
    NO_TIME = "NO_TIME"
    TRANSFER_TOO_LONG = "TRANSFER_TOO_LONG"
    OVER_BUDGET = "OVER_BUDGET"
    OVER_CARBON = "OVER_CARBON"
    NO_SPREAD = "NO_SPREAD"
    NO_ROOM_IN_TIME = "NO_ROOM_IN_TIME"
    NOT_WORTH_IT = "NOT_WORTH_IT"
