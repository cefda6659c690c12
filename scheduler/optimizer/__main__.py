"""Compile every kernel into the cache on disk, so that nothing is compiled inside a request; prints nothing."""

from scheduler.optimizer.warmup import compile_kernels

if __name__ == "__main__":
    compile_kernels()
