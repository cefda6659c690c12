"""Decides which job runs where and when, and says why."""

from scheduler.allowance import Allowances, read_allowances, read_limits_document
from scheduler.cost import CostParts
from scheduler.dataset import Input, Output
from scheduler.demand import Demand, Variant
from scheduler.document import job_from_document, job_to_document
from scheduler.energy_quota import EnergyQuota
from scheduler.errors import (
    DocumentError,
    JobError,
    PolicyError,
    ReferenceFault,
    SchedulerError,
    UnknownJob,
    WorldError,
)
from scheduler.explanation import Alternative, Change, Explanation, Marginal, SiteVerdict, render
from scheduler.inquiry import explain
from scheduler.interruptible import Interruptible
from scheduler.job import Job, Spread
from scheduler.jobs_file import read_jobs
from scheduler.market import Market, open_market, price
from scheduler.menu import Offer
from scheduler.pipeline import schedule
from scheduler.placement import Placement
from scheduler.plan import Plan, Rejection, ShadowPrice, Status
from scheduler.plan_document import plan_from_document, plan_to_document, read_plan
from scheduler.policy import BASELINES, OPTIMAL, POLICIES, Policy
from scheduler.reason import Reason
from scheduler.references import References, check_references
from scheduler.residency import Residency
from scheduler.world import Held, Reservation, World

__all__ = [
    "BASELINES",
    "OPTIMAL",
    "POLICIES",
    "Allowances",
    "Alternative",
    "Change",
    "CostParts",
    "Demand",
    "DocumentError",
    "EnergyQuota",
    "Explanation",
    "Held",
    "Input",
    "Interruptible",
    "Job",
    "JobError",
    "Marginal",
    "Market",
    "Offer",
    "Output",
    "Placement",
    "Plan",
    "Policy",
    "PolicyError",
    "Reason",
    "ReferenceFault",
    "References",
    "Rejection",
    "Reservation",
    "Residency",
    "SchedulerError",
    "ShadowPrice",
    "SiteVerdict",
    "Spread",
    "Status",
    "UnknownJob",
    "Variant",
    "World",
    "WorldError",
    "check_references",
    "explain",
    "job_from_document",
    "job_to_document",
    "open_market",
    "plan_from_document",
    "plan_to_document",
    "price",
    "read_allowances",
    "read_jobs",
    "read_limits_document",
    "read_plan",
    "render",
    "schedule",
]
