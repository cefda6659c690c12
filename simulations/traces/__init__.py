"""Formats of traces of real clusters, each read by a file of its own behind one small protocol."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulations.traces.alibaba_genai import AlibabaGenai
from simulations.traces.entry import Request, TraceJob
from simulations.traces.gaia import AZURE, MUSTANG, PAI
from simulations.traces.llm import AZURE_LLM, MOONCAKE
from simulations.traces.openb import Openb
from simulations.traces.philly import Philly
from simulations.traces.row import Cause, Row, RowFault
from simulations.traces.serving import group_requests
from simulations.traces.source import read_lines
from simulations.traces.swf import Swf
from simulations.traces.trace_format import TraceFormat

FORMATS: Mapping[str, TraceFormat] = MappingProxyType(
    {
        form.name: form
        for form in (Openb(), Philly(), PAI, AZURE, MUSTANG, Swf(), AZURE_LLM, MOONCAKE, AlibabaGenai())
    }
)

__all__ = [
    "FORMATS",
    "Cause",
    "Request",
    "Row",
    "RowFault",
    "TraceFormat",
    "TraceJob",
    "group_requests",
    "read_lines",
]
