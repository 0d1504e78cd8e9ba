/* The most arithmetic that THREADS threads can do: fused multiply-adds that never leave the registers, in chains enough
 * to hide their latency. Vectors are as wide as -march says.
 *     peak THREADS  ->  "peak GFLOPS" */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
enum { BYTES = 64 };
#elif defined(__AVX2__)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif
enum { CHAINS = 12, PASSES = 40000000, MOST_THREADS = 256 };
typedef float vector __attribute__((vector_size(BYTES)));

static void *spin(void *data)
{
    vector c[CHAINS], x = (vector){ 0 } + 0.999f, y = (vector){ 0 } + 1.0f;
    /* Written out, here too: what is indexed by a variable would live in memory. */
#pragma GCC unroll 12
    for (int k = 0; k < CHAINS; k++) c[k] = (vector){ 0 } + (float)k;
    for (int pass = 0; pass < PASSES; pass++) {
#pragma GCC unroll 12
        for (int k = 0; k < CHAINS; k++) {
            c[k] = c[k] * x + y;
#if defined(__x86_64__)
            __asm__ volatile("" : "+v"(c[k]));
#else
            __asm__ volatile("" : "+w"(c[k]));
#endif
        }
    }
    *(float *)data = c[0][0];
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    pthread_t thread[MOST_THREADS];
    float sink[MOST_THREADS];
    struct timespec from, to;
    if (threads < 1 || threads > MOST_THREADS) return 2;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int t = 0; t < threads; t++)
        if (pthread_create(&thread[t], NULL, spin, &sink[t])) return 1;
    for (int t = 0; t < threads; t++) pthread_join(thread[t], NULL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
    printf("peak %.1f\n", 2e-9 * (BYTES / 4) * CHAINS * (double)PASSES * threads / seconds);
    return 0;
}
