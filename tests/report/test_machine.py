from m3ae.report import machine


def test_each_gpu_is_named_with_its_memory_and_driver(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771 MiB, 570.1'\necho 'NVIDIA H200, 143771 MiB, 570.1'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert machine.gpus() == ["NVIDIA H200 (143771 MiB, driver 570.1)"] * 2


def test_a_processor_with_avx_512_is_told_from_one_without(monkeypatch):
    for flags, said in (("sse avx2 avx512f", "yes"), ("sse avx2", "no")):
        monkeypatch.setattr(machine, "cpu_described", lambda flags=flags: {"model name": "A processor", "flags": flags})
        assert (machine.machine()["processor"], machine.machine()["AVX-512"]) == ("A processor", said)
