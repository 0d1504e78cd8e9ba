/* The work of w1.icl by hand, LANES prompts side by side (8: AVX2, 16: AVX-512): what a patient programmer gets out of
 * the machine, for this one case. A block of prompts is drawn (Philox4x32-10, Box-Muller), read by descent, by ridge
 * regression through Cholesky, and by correlating and then descending; squared errors are summed. Descent is what the
 * script says, two products a step.
 *     lanes THREADS PROMPTS  ->  "lanes PROMPTS_A_SECOND RISK RISK RISK" */
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 40, WIDTH = 16, ACTIVE = 4, STEPS = 50, MOST_THREADS = 256 };
static const float NOISE = 0.1f, RIDGE = 0.1f;

typedef float real __attribute__((vector_size(4 * LANES)));
typedef int32_t whole __attribute__((vector_size(4 * LANES)));
typedef uint32_t word __attribute__((vector_size(4 * LANES)));
typedef uint64_t wide __attribute__((vector_size(4 * LANES)));

#if LANES == 16
#define ROOT(x) ((real)_mm512_sqrt_ps((__m512)(x)))
#define PRODUCT(x, y) ((wide)_mm512_mul_epu32((__m512i)(x), (__m512i)(y)))
#else
#define ROOT(x) ((real)_mm256_sqrt_ps((__m256)(x)))
#define PRODUCT(x, y) ((wide)_mm256_mul_epu32((__m256i)(x), (__m256i)(y)))
#endif

static inline real all(float x)
{
    return (real){ 0 } + x;
}

/* ---- draws ---- */

/* Ten rounds on a counter whose words are in the lower halves of 64-bit numbers. */
static inline void rounds(wide c[4], uint32_t key, uint32_t other)
{
    const wide m = (wide){ 0 } + 0xD2511F53u, n = (wide){ 0 } + 0xCD9E8D57u;
    for (int i = 0; i < 10; i++) {
        wide p = PRODUCT(c[0], m), q = PRODUCT(c[2], n);
        c[0] = (q >> 32) ^ c[1] ^ key;
        c[2] = (p >> 32) ^ c[3] ^ other;
        c[1] = q;
        c[3] = p;
        key += 0x9E3779B9u;
        other += 0xBB67AE85u;
    }
}

/* Four uniform numbers in (0, 1) a prompt. */
static inline void uniforms(word prompt, uint32_t site, uint32_t group, real out[4])
{
    wide even[4] = { (wide)prompt, (wide){ 0 } + group }, odd[4] = { (wide)prompt >> 32, (wide){ 0 } + group };
    rounds(even, 11, site);
    rounds(odd, 11, site);
    for (int k = 0; k < 4; k++) {
        word w = (word)((even[k] & 0xFFFFFFFFu) | odd[k] << 32);
        out[k] = (real)(w >> 9 | 0x3F800000u) - (1 - 0x1p-24f);
    }
}

/* The logarithm of a number in (0, 1): exponent, and a polynomial for what is left, in [0.707, 1.414). */
static inline real logarithm(real x)
{
    whole bits = (whole)x, e = (bits - 0x3F3504F3) >> 23;
    real t = (real)(bits - (e << 23)) - 1, p = all(-0.07904197f);
    static const float c[] = { 0.1262397f, -0.1299843f, 0.1421433f, -0.1664125f, 0.2000105f, -0.2500031f, 0.3333333f };
    for (int k = 0; k < 7; k++) p = p * t + c[k];
    return p * t * t * t - 0.5f * t * t + t + 0.69314718f * __builtin_convertvector(e, real);
}

/* Sine and cosine of 2 pi x: by quarters of a turn. */
static inline void turn(real x, real *sine, real *cosine)
{
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds */
    real sum = 4 * x + magic, r = 4 * x - (sum - magic), u = r * r;
    whole quarter = (whole)sum, swap = -(quarter & 1);
    real s = r * (1.5707963f + u * (-0.64596348f + u * (0.079680218f - u * 0.0046021492f)));
    real c = 0.99999997f + u * (-1.233697f + u * (0.25359857f - u * 0.020408158f));
    whole a = ((whole)s & ~swap) | ((whole)c & swap), b = ((whole)c & ~swap) | ((whole)s & swap);
    *sine = (real)(a ^ (quarter & 2) << 30);
    *cosine = (real)(b ^ ((quarter + 1) & 2) << 30);
}

static void normals(word prompt, uint32_t site, int n, real *out)
{
    for (int k = 0; k < n; k += 4) {
        real u[4], s, c;
        uniforms(prompt, site, (uint32_t)k / 4, u);
        for (int p = 0; p < 4; p += 2) {
            real radius = ROOT(-2 * logarithm(u[p]));
            turn(u[p + 1], &s, &c);
            out[k + p] = radius * c;
            out[k + p + 1] = radius * s;
        }
    }
}

/* ---- readers ---- */

static inline real inner(const real *a, const real *b)
{
    real s[4] = { a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3] };
#pragma GCC unroll 16
    for (int j = 4; j < WIDTH; j++) s[j % 4] += a[j] * b[j];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static real descent(const real (*x)[WIDTH], const real *y, const real *query, float rate)
{
    real w[WIDTH] = { { 0 } };
    for (int step = 0; step < STEPS; step++) {
        real slope[WIDTH] = { { 0 } };
        for (int i = 0; i < ROWS; i++) {
            real miss = inner(x[i], w) - y[i];
#pragma GCC unroll 16
            for (int j = 0; j < WIDTH; j++) slope[j] += miss * x[i][j];
        }
        for (int j = 0; j < WIDTH; j++) w[j] -= rate / ROWS * slope[j];
    }
    return inner(query, w);
}

/* (X'X + a) w = c by Cholesky; the diagonal holds reciprocals; w takes the place of c. */
static void solve(real (*g)[WIDTH], real *c)
{
    for (int j = 0; j < WIDTH; j++) {
        for (int k = 0; k <= j; k++) {
            real s = g[j][k];
            for (int l = 0; l < k; l++) s -= g[j][l] * g[k][l];
            g[j][k] = k < j ? s * g[k][k] : 1 / ROOT(s);
        }
    }
    for (int j = 0; j < WIDTH; j++) {
        for (int k = 0; k < j; k++) c[j] -= g[j][k] * c[k];
        c[j] *= g[j][j];
    }
    for (int j = WIDTH; j-- > 0;) {
        for (int k = j + 1; k < WIDTH; k++) c[j] -= g[k][j] * c[k];
        c[j] *= g[j][j];
    }
}

static real ridge(const real (*x)[WIDTH], const real *y, const real *query, real *covariance)
{
    real g[WIDTH][WIDTH], w[WIDTH];
    for (int j = 0; j < WIDTH; j++) {
        w[j] = all(0);
        for (int i = 0; i < ROWS; i++) w[j] += x[i][j] * y[i];
        covariance[j] = w[j] / (float)ROWS;
        for (int k = 0; k <= j; k++) {
            g[j][k] = all(j == k ? RIDGE : 0);
            for (int i = 0; i < ROWS; i++) g[j][k] += x[i][j] * x[i][k];
        }
    }
    solve(g, w);
    return inner(query, w);
}

/* ---- blocks of prompts, and threads ---- */

/* A sparse vector: normal where a uniform key is among the ACTIVE largest. */
static void sparse(word prompt, real *w)
{
    real key[WIDTH];
    normals(prompt, 2, WIDTH, w);
    for (int j = 0; j < WIDTH; j += 4) uniforms(prompt, 3, (uint32_t)j / 4, key + j);
    for (int j = 0; j < WIDTH; j++) {
        whole larger = { 0 };
        for (int k = 0; k < WIDTH; k++) larger -= key[k] > key[j];
        w[j] = (real)((whole)w[j] & (larger < ACTIVE));
    }
}

static void block(uint32_t first, double risk[3])
{
    real x[ROWS + 1][WIDTH], w[WIDTH], y[ROWS], covariance[WIDTH], error[3];
    word prompt;
    for (int l = 0; l < LANES; l++) prompt[l] = first + (uint32_t)l;
    normals(prompt, 1, (ROWS + 1) * WIDTH, x[0]);
    sparse(prompt, w);
    normals(prompt, 4, ROWS, y);
    for (int i = 0; i < ROWS; i++) y[i] = inner(x[i], w) + NOISE * y[i];
    real truth = inner(x[ROWS], w);
    error[0] = descent((const real(*)[WIDTH])x, y, x[ROWS], 0.1f) - truth;
    error[1] = ridge((const real(*)[WIDTH])x, y, x[ROWS], covariance) - truth;
    for (int i = 0; i <= ROWS; i++)
        for (int j = 0; j < WIDTH; j++) x[i][j] *= covariance[j];
    error[2] = descent((const real(*)[WIDTH])x, y, x[ROWS], 0.02f) - truth;
    for (int k = 0; k < 3; k++)
        for (int l = 0; l < LANES; l++) risk[k] += (double)error[k][l] * (double)error[k][l];
}

struct share {
    pthread_t thread;
    uint32_t from, to; /* blocks */
    double risk[3];
};

static void *work(void *data)
{
    struct share *s = data;
    for (uint32_t b = s->from; b < s->to; b++) block(b * LANES, s->risk);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct share share[MOST_THREADS];
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    uint32_t blocks = (uint32_t)(argc > 2 ? atol(argv[2]) : 262144) / LANES;
    struct timespec from, to;
    double risk[3] = { 0 };
    if (threads < 1 || threads > MOST_THREADS) return 2;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int t = 0; t < threads; t++) {
        share[t].from = (uint32_t)((uint64_t)blocks * (uint64_t)t / (uint64_t)threads);
        share[t].to = (uint32_t)((uint64_t)blocks * (uint64_t)(t + 1) / (uint64_t)threads);
        if (pthread_create(&share[t].thread, NULL, work, &share[t])) return 1;
    }
    for (int t = 0; t < threads; t++) {
        pthread_join(share[t].thread, NULL);
        for (int k = 0; k < 3; k++) risk[k] += share[t].risk[k];
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double n = (double)blocks * LANES;
    double seconds = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
    printf("lanes %.0f %.5f %.5f %.5f\n", n / seconds, risk[0] / n, risk[1] / n, risk[2] / n);
    return 0;
}
