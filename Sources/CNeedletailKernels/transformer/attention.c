// Attention of one head as two packed products with a softmax between them, 12 queries at a time.
//
// Keys become the packed weight of the first product (head_size deep, one column per key), values that of the second (length
// deep, one column per component): both are re-used by every query. What differs between instruction sets is inside the kernels.
#include <math.h>
#include <string.h>

#include "needletail_kernels.h"

enum { QUERIES = 12, ALIGNMENT = 64, VECTOR = 16 };

// Where things lie in the scratch memory, in bytes from its start.
typedef struct layout {
  size_t keys, values, scores, weights, sums, end;
  size_t score_stride;  // floats between rows of scores
} layout;

static size_t aligned(size_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static layout lay_out(size_t length, size_t head_size) {
  layout l;
  // an odd number of cache lines between rows keeps 12 rows from falling into one set of the cache
  l.score_stride = (length + NEEDLETAIL_PANEL - 1) / NEEDLETAIL_PANEL * NEEDLETAIL_PANEL + 16;
  l.keys = 0;
  l.values = aligned(l.keys + needletail_packed_bytes(NEEDLETAIL_FLOAT32, length, head_size));
  l.scores = aligned(l.values + needletail_packed_bytes(NEEDLETAIL_FLOAT32, head_size, length));
  l.weights = aligned(l.scores + QUERIES * l.score_stride * sizeof(float));
  l.sums = aligned(l.weights + QUERIES * l.score_stride * sizeof(uint16_t));
  l.end = aligned(l.sums + QUERIES * sizeof(float));
  return l;
}

size_t needletail_attention_bytes(size_t length, size_t head_size) { return lay_out(length, head_size).end; }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// One column per key. Columns past the last key keep what they held.
static void pack_keys(const needletail_kernels *kernels, const needletail_attention *a, uint32_t *packed) {
  size_t per_word = a->element == NEEDLETAIL_BFLOAT16 ? 2 : 1;
  size_t words = a->head_size / per_word, stride = a->stride / per_word;
  const uint32_t *keys = a->key;
  for (size_t first = 0; first < a->length; first += NEEDLETAIL_PANEL)
    kernels->transpose(keys + first * stride, stride, least(NEEDLETAIL_PANEL, a->length - first), words, packed + first * words,
                       NEEDLETAIL_PANEL);
}

static void pack_values_f32(const needletail_attention *a, float *packed) {
  for (size_t first = 0; first < a->head_size; first += NEEDLETAIL_PANEL) {
    size_t width = least(NEEDLETAIL_PANEL, a->head_size - first);
    float *panel = packed + first * a->length;
    const float *values = (const float *)a->value + first;
    for (size_t k = 0; k < a->length; k++) memcpy(panel + k * NEEDLETAIL_PANEL, values + k * a->stride, width * sizeof(float));
  }
}

static void pack_values_bf16(const needletail_attention *a, uint32_t *packed) {
  size_t words = (a->length + 1) / 2;
  for (size_t first = 0; first < a->head_size; first += NEEDLETAIL_PANEL) {
    size_t width = least(NEEDLETAIL_PANEL, a->head_size - first);
    uint32_t *panel = packed + first * words;
    for (size_t k = 0; k < words; k++) {
      const uint16_t *even = (const uint16_t *)a->value + 2 * k * a->stride + first;
      const uint16_t *odd = 2 * k + 1 < a->length ? even + a->stride : NULL;
      for (size_t c = 0; c < width; c++) panel[k * NEEDLETAIL_PANEL + c] = even[c] | (odd ? (uint32_t)odd[c] << 16 : 0);
    }
  }
}

// Adds the bias, and hides the keys that a query does not see; beyond the last key there are none.
static void mask_scores(const needletail_attention *a, size_t query, float *scores, size_t columns) {
  if (a->bias)
    for (size_t c = 0; c < a->length; c++) scores[c] += a->bias[(ptrdiff_t)c - (ptrdiff_t)query];
  size_t first = query > a->before ? query - a->before : 0;
  size_t end = a->after < a->length - query ? query + a->after + 1 : a->length;
  for (size_t c = 0; c < first; c++) scores[c] = -INFINITY;
  for (size_t c = end < a->length ? end : a->length; c < columns; c++) scores[c] = -INFINITY;
}

static size_t element_bytes(needletail_element element) { return element == NEEDLETAIL_BFLOAT16 ? 2 : 4; }

void needletail_attend(const needletail_kernels *kernels, const needletail_attention *a) {
  layout l = lay_out(a->length, a->head_size);
  char *scratch = a->scratch;
  float *scores = (float *)(scratch + l.scores);
  uint16_t *weights = a->element == NEEDLETAIL_BFLOAT16 ? (uint16_t *)(scratch + l.weights) : NULL;
  float *sums = (float *)(scratch + l.sums);
  pack_keys(kernels, a, (uint32_t *)(scratch + l.keys));
  if (weights)
    pack_values_bf16(a, (uint32_t *)(scratch + l.values));
  else
    pack_values_f32(a, (float *)(scratch + l.values));
  void (*multiply)(const needletail_gemm *) = weights ? kernels->gemm_bf16 : kernels->gemm_f32;

  // whole vectors of scores: those past the last key come from whatever the panel holds and are then overwritten
  size_t columns = (a->length + VECTOR - 1) / VECTOR * VECTOR;
  needletail_gemm score = {.columns = columns, .depth = a->head_size, .a_stride = a->query_stride, .packed = scratch + l.keys,
                           .out = scores, .out_stride = l.score_stride};
  needletail_gemm mix = {.columns = a->head_size, .depth = a->length, .a = weights ? (void *)weights : (void *)scores,
                         .a_stride = l.score_stride, .packed = scratch + l.values, .row_scale = sums,
                         .out_stride = a->out_stride, .out_element = a->out_element};
  size_t tiles = (a->queries + QUERIES - 1) / QUERIES;
  for (size_t t = 0; t < tiles; t++) {
    size_t first = a->queries * t / tiles, rows = a->queries * (t + 1) / tiles - first;
    score.rows = mix.rows = rows;
    score.a = (const char *)a->query + first * a->query_stride * element_bytes(a->element);
    multiply(&score);
    for (size_t r = 0; r < rows; r++) mask_scores(a, a->first_query + first + r, scores + r * l.score_stride, columns);
    needletail_rows block = {scores, l.score_stride, rows, columns};
    kernels->softmax(block, a->scale, scores, weights, l.score_stride, sums);
    mix.out = (char *)a->out + first * a->out_stride * element_bytes(a->out_element);
    multiply(&mix);
  }
}
