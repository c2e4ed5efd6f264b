"""How much a benchmark does: enough for a figure that holds, or just enough to see that all of it works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of runs, and of rounds in which each of several things is measured once."""

    first_event_rounds: int
    websocket_rounds: int
    whole_run_rounds: int
    throughput_batches: int
    throughput_runs: int
    reference_runs: int
    crowd: int
    crowds: int
    stopped: int
    flood_runs: int
    soak_runs: int
    tracer_rounds: int


FULL = Scale(
    first_event_rounds=80,
    websocket_rounds=40,
    whole_run_rounds=15,
    throughput_batches=4,
    throughput_runs=100,
    reference_runs=8,
    crowd=300,
    crowds=5,
    stopped=50,
    flood_runs=14,
    soak_runs=2000,
    tracer_rounds=7,
)
QUICK = Scale(
    first_event_rounds=8,
    websocket_rounds=5,
    whole_run_rounds=3,
    throughput_batches=2,
    throughput_runs=16,
    reference_runs=4,
    crowd=24,
    crowds=1,
    stopped=8,
    flood_runs=2,
    soak_runs=120,
    tracer_rounds=3,
)
