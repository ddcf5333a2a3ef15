"""The environment that takes a CPU's own choices from its float32 bits: one instruction set, one thread, one order of sums.

It has to be there before the first of these libraries is loaded: `stages/launch.py` sees to it.
"""

PINNED = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Haswell",  # numpy's and scipy's
    "OMP_NUM_THREADS": "1",  # sums are split by threads
    "OPENBLAS_NUM_THREADS": "1",
}
