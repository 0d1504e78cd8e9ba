/* The work of w1.icl in plain C, one prompt at a time, as a script's author would write it first.
 *     plain PROMPTS  ->  "plain PROMPTS_A_SECOND RISK RISK RISK" */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 40, WIDTH = 16, ACTIVE = 4, STEPS = 50 };

static float uniform(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return ((float)(z >> 41) + 0.5f) * 0x1p-23f;
}

static float normal(uint64_t *state)
{
    float radius = sqrtf(-2 * logf(uniform(state)));
    return radius * cosf(6.2831853f * uniform(state));
}

static float inner(const float *a, const float *b)
{
    float s = 0;
    for (int j = 0; j < WIDTH; j++) s += a[j] * b[j];
    return s;
}

static float descent(float x[][WIDTH], const float *y, const float *query, float rate)
{
    float w[WIDTH] = { 0 };
    for (int step = 0; step < STEPS; step++) {
        float slope[WIDTH] = { 0 };
        for (int i = 0; i < ROWS; i++) {
            float miss = inner(x[i], w) - y[i];
            for (int j = 0; j < WIDTH; j++) slope[j] += miss * x[i][j];
        }
        for (int j = 0; j < WIDTH; j++) w[j] -= rate / ROWS * slope[j];
    }
    return inner(query, w);
}

static float ridge(float x[][WIDTH], const float *c, const float *query)
{
    float g[WIDTH][WIDTH] = { { 0 } }, w[WIDTH];
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < WIDTH; j++)
            for (int k = 0; k < WIDTH; k++) g[j][k] += x[i][j] * x[i][k];
    for (int j = 0; j < WIDTH; j++) g[j][j] += 0.1f;
    for (int j = 0; j < WIDTH; j++)
        for (int k = 0; k <= j; k++) {
            float s = g[j][k];
            for (int l = 0; l < k; l++) s -= g[j][l] * g[k][l];
            g[j][k] = k < j ? s / g[k][k] : sqrtf(s);
        }
    for (int j = 0; j < WIDTH; j++) {
        w[j] = c[j];
        for (int k = 0; k < j; k++) w[j] -= g[j][k] * w[k];
        w[j] /= g[j][j];
    }
    for (int j = WIDTH; j-- > 0; w[j] /= g[j][j])
        for (int k = j + 1; k < WIDTH; k++) w[j] -= g[k][j] * w[k];
    return inner(query, w);
}

static void prompt(uint64_t *state, float error[3])
{
    float x[ROWS + 1][WIDTH], w[WIDTH] = { 0 }, y[ROWS], c[WIDTH] = { 0 };
    for (int i = 0; i <= ROWS; i++)
        for (int j = 0; j < WIDTH; j++) x[i][j] = normal(state);
    for (int chosen = 0; chosen < ACTIVE;) {
        int j = (int)(uniform(state) * WIDTH);
        if (w[j] == 0) w[j] = normal(state), chosen++;
    }
    for (int i = 0; i < ROWS; i++) y[i] = inner(x[i], w) + 0.1f * normal(state);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < WIDTH; j++) c[j] += x[i][j] * y[i];
    float truth = inner(x[ROWS], w);
    error[0] = descent(x, y, x[ROWS], 0.1f) - truth;
    error[1] = ridge(x, c, x[ROWS]) - truth;
    for (int i = 0; i <= ROWS; i++)
        for (int j = 0; j < WIDTH; j++) x[i][j] *= c[j] / ROWS;
    error[2] = descent(x, y, x[ROWS], 0.02f) - truth;
}

int main(int argc, char **argv)
{
    long prompts = argc > 1 ? atol(argv[1]) : 20000;
    uint64_t state = 1;
    double risk[3] = { 0 };
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long i = 0; i < prompts; i++) {
        float error[3];
        prompt(&state, error);
        for (int k = 0; k < 3; k++) risk[k] += (double)error[k] * (double)error[k];
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double n = (double)prompts;
    double seconds = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
    printf("plain %.0f %.5f %.5f %.5f\n", n / seconds, risk[0] / n, risk[1] / n, risk[2] / n);
    return 0;
}
