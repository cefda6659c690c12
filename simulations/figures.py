"""The figures the workload generator carries, each with the trace it was fitted to.

Quantile tables, shares and hourly weights only: no row of any trace is in the product. docs/traces.md is the
table for readers; `python -m simulations.fitting` repeats every fit, and a test holds the figures to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulations.distribution import DayShape, Quantiles, Shares

LEVELS = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One fitted quantity.

    Attributes:
        quantity: what it is, with its unit.
        law: the fitted distribution.
        trace: whose trace it was fitted to.
        file: that trace among the files of docs/traces.md.
    """

    quantity: str
    law: Quantiles | Shares | DayShape
    trace: str
    file: str

    @property
    def numbers(self) -> tuple[float, ...]:
        """The fitted numbers: values of the quantiles, weights of the shares or of the hours."""
        return self.law.values if isinstance(self.law, Quantiles) else self.law.weights


def median(name: str) -> float:
    """The middle value of a figure carried as quantiles, in its unit."""
    law = FIGURES[name].law
    assert isinstance(law, Quantiles), f"{name} is not carried as quantiles"
    return round(law.at(0.5), 6)


FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "philly.runtime_minutes": Figure(
            quantity="run time of jobs on one accelerator [min]",
            trace="Microsoft Philly 2017",
            file="philly_jobs.csv.gz",
            law=Quantiles(
                levels=LEVELS, values=(0.0167, 0.883, 1.08, 4.58, 24.6, 45.9, 121.0, 246.0, 1900.0, 54300.0)
            ),
        ),
        "philly.gang_runtime_minutes": Figure(
            quantity="run time of jobs on several accelerators [min]",
            trace="Microsoft Philly 2017",
            file="philly_jobs.csv.gz",
            law=Quantiles(
                levels=LEVELS,
                values=(0.0333, 0.2, 0.25, 0.683, 202.0, 2080.0, 4940.0, 8530.0, 21500.0, 77100.0),
            ),
        ),
        "philly.accelerators": Figure(
            quantity="accelerators of a job",
            trace="Microsoft Philly 2017",
            file="philly_jobs.csv.gz",
            law=Shares(
                values=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0),
                weights=(0.9496, 0.0171, 0.0179, 0.0135, 0.0012, 0.0004),
            ),
        ),
        "openb.cpu_cores_per_accelerator": Figure(
            quantity="cores asked for beside each accelerator",
            trace="Alibaba openb 2023",
            file="openb_pods.csv.gz",
            law=Quantiles(levels=LEVELS, values=(1.0, 3.15, 3.15, 3.15, 8.0, 11.9, 15.7, 16.0, 18.7, 24.2)),
        ),
        "openb.memory_gib_per_accelerator": Figure(
            quantity="memory asked for beside each accelerator [GiB]",
            trace="Alibaba openb 2023",
            file="openb_pods.csv.gz",
            law=Quantiles(levels=LEVELS, values=(2.0, 5.47, 5.47, 5.47, 29.8, 47.0, 57.0, 63.0, 79.0, 123.0)),
        ),
        "openb.serving_accelerators": Figure(
            quantity="accelerators of a latency-sensitive pod",
            trace="Alibaba openb 2023, qos LS",
            file="openb_pods.csv.gz",
            law=Shares(values=(1.0, 2.0, 4.0, 8.0), weights=(0.9833, 0.0038, 0.0029, 0.01)),
        ),
        "openb.serving_runtime_minutes": Figure(
            quantity="life of a latency-sensitive pod [min]",
            trace="Alibaba openb 2023, qos LS",
            file="openb_pods.csv.gz",
            law=Quantiles(
                levels=LEVELS, values=(0.217, 0.992, 1.83, 9.4, 24.1, 60.7, 149.0, 361.0, 51300.0, 209000.0)
            ),
        ),
        "pai.runtime_minutes": Figure(
            quantity="run time of machine-learning jobs [min]",
            trace="Alibaba PAI 2020, sampled by GAIA (5 min to 72 h)",
            file="gaia_pai100k.csv.gz",
            law=Quantiles(
                levels=LEVELS, values=(5.02, 5.87, 7.1, 13.4, 42.1, 129.0, 336.0, 578.0, 1350.0, 4250.0)
            ),
        ),
        "azure.runtime_minutes": Figure(
            quantity="life of virtual machines [min]",
            trace="Azure VM, sampled by GAIA (5 min to 72 h)",
            file="gaia_azure100k.csv.gz",
            law=Quantiles(
                levels=LEVELS, values=(10.0, 10.0, 10.0, 15.0, 35.0, 135.0, 690.0, 1230.0, 3100.0, 4320.0)
            ),
        ),
        "azure.cpu_cores": Figure(
            quantity="cores of a virtual machine",
            trace="Azure VM, sampled by GAIA",
            file="gaia_azure100k.csv.gz",
            law=Shares(values=(2.0, 4.0, 8.0, 24.0, 30.0), weights=(0.5777, 0.3061, 0.0773, 0.0344, 0.0045)),
        ),
        "mustang.runtime_minutes": Figure(
            quantity="run time of batch jobs [min]",
            trace="LANL Mustang, sampled by GAIA (5 min to 72 h)",
            file="gaia_mustang100k.csv.gz",
            law=Quantiles(
                levels=LEVELS, values=(5.02, 6.57, 7.37, 7.43, 8.87, 70.7, 434.0, 624.0, 802.0, 960.0)
            ),
        ),
        "mustang.cpu_cores": Figure(
            quantity="cores of a batch job",
            trace="LANL Mustang, sampled by GAIA",
            file="gaia_mustang100k.csv.gz",
            law=Quantiles(levels=LEVELS, values=(1.0, 1.0, 1.0, 1.0, 1.0, 4.0, 16.0, 25.0, 100.0, 1570.0)),
        ),
        "lcg.runtime_minutes": Figure(
            quantity="run time of grid analyses on one core [min]",
            trace="LCG grid 2005, Parallel Workloads Archive",
            file="lcg2005_jobs.csv.gz",
            law=Quantiles(
                levels=LEVELS, values=(0.0167, 1.18, 1.32, 2.28, 4.3, 37.2, 252.0, 630.0, 2800.0, 2880.0)
            ),
        ),
        "dlrm.memory_gib_per_core": Figure(
            quantity="memory per core of recommendation services [GiB]",
            trace="Alibaba DLRM 2025",
            file="alibaba_dlrm_instances.csv.gz",
            law=Quantiles(levels=LEVELS, values=(2.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 6.25, 8.0, 50.0)),
        ),
        "helios.day": Figure(
            quantity="accelerator jobs submitted by clock hour on workdays, mean 1",
            trace="SenseTime Helios Venus 2020",
            file="helios_venus_throughput_10min.csv.gz",
            law=DayShape(
                weights=(
                    0.843,
                    0.504,
                    0.326,
                    0.267,
                    0.242,
                    0.147,
                    0.158,
                    0.197,
                    0.376,
                    0.966,
                    1.659,
                    1.685,
                    1.091,
                    1.434,
                    1.631,
                    1.661,
                    1.728,
                    1.81,
                    1.229,
                    1.315,
                    1.337,
                    1.301,
                    1.093,
                    1.0,
                )
            ),
        ),
    }
)
