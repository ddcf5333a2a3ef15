"""benchmarks.faults with runs that are disturbed up to the shards: what trains is in test_killed.py, and in the whole number of tries.

python -m tests.workers.disturbed, and the arguments of benchmarks.faults
"""

from pathlib import Path

from benchmarks import fault_runs, faults

NEEDED = ("check", "phantom", "inventory", "prepare@roco", "sample_pairs")  # of the pipeline


def main() -> None:
    whole = fault_runs.steps

    def needed(folder: Path) -> list[fault_runs.Step]:
        return [step for step in whole(folder) if step.name in NEEDED]

    fault_runs.steps, fault_runs.KILLED = needed, ("prepare@roco",)
    faults.main()


if __name__ == "__main__":
    main()
