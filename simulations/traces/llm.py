"""Requests to large language models: the traces of Azure (2023) and of Mooncake (Kimi, FAST'25).

Each request is turned into seconds of one reference accelerator (312 TFLOPS dense FP16) by counting
operations: a token costs 2 operations per parameter, in the prompt at 40 % of the peak, in the answer at 8
%, where memory and not arithmetic is the limit. The model served is taken to have 70e9 parameters in 16
bits, with 30 % above its weights for the key-value cache. The traces name no model; these figures are
assumptions, kept here as constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from simulations.fleet import REFERENCE_TFLOPS
from simulations.traces.entry import Request
from simulations.traces.row import Row
from simulations.traces.source import NumberedLine, csv_rows

PARAMETERS = 70e9
PROMPT_EFFICIENCY = 0.40
ANSWER_EFFICIENCY = 0.08
CACHE_FACTOR = 1.3
MODEL_GIB = PARAMETERS * 2 * CACHE_FACTOR / 1024**3
_TOKEN_S = 2 * PARAMETERS / (REFERENCE_TFLOPS * 1e12)


def busy_s(*, prompt_tokens: float, answer_tokens: float) -> float:
    """Seconds that a request keeps one reference accelerator busy."""
    return _TOKEN_S * (prompt_tokens / PROMPT_EFFICIENCY + answer_tokens / ANSWER_EFFICIENCY)


@dataclass(frozen=True, kw_only=True, slots=True)
class LlmRequests:
    """A trace of requests with their prompt and answer lengths.

    Attributes:
        name: azure-llm or mooncake.
        mapping: how its rows become jobs.
        time_column: when the request came.
        seconds_per_unit: what one unit of that column is [s].
        prompt_column: tokens in.
        answer_column: tokens out.
        first_s: clock time that the trace's zero is put at [s after midnight].
        has_calendar: False; the files count from their first request.
    """

    name: str
    mapping: str
    time_column: str
    seconds_per_unit: float
    prompt_column: str
    answer_column: str
    first_s: float
    has_calendar: bool = False

    def rows(self, path: Path, lines: Iterable[NumberedLine]) -> Iterator[Row]:
        """The rows of the CSV table."""
        return csv_rows(path, lines, (self.time_column, self.prompt_column, self.answer_column))

    def entry(self, row: Row) -> Request:
        """One request."""
        return Request(
            line=row.line,
            at_s=self.first_s + row.number(self.time_column, least=0) * self.seconds_per_unit,
            busy_s=busy_s(
                prompt_tokens=row.number(self.prompt_column, least=0, most=1e8),
                answer_tokens=row.number(self.answer_column, least=0, most=1e8),
            ),
            model_memory_gib=MODEL_GIB,
        )


AZURE_LLM = LlmRequests(
    name="azure-llm",
    mapping="requests, grouped by interval and city into serving jobs, from 18:15 as recorded",
    time_column="t_s",
    seconds_per_unit=1.0,
    prompt_column="context_tokens",
    answer_column="generated_tokens",
    first_s=(18 * 60 + 15) * 60.0,
)
MOONCAKE = LlmRequests(
    name="mooncake",
    mapping="requests, grouped by interval and city into serving jobs, from 10:00",
    time_column="t_ms",
    seconds_per_unit=0.001,
    prompt_column="input_tokens",
    answer_column="output_tokens",
    first_s=10 * 3600.0,
)
