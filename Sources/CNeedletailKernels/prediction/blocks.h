// The prediction kernels on vectors of LANES floats. Included after lanes/arithmetic.h by each instruction set.
//
// Rows go in blocks of four, so that what is loaded serves four times. A block at the end repeats its last row: the repeated
// results are computed from the same values, so storing them twice does no harm.

typedef float four __attribute__((ext_vector_type(4)));
typedef float eight __attribute__((ext_vector_type(8)));

// Four partial sums of a vector.
LANES_INLINE four quarters(lanes v) {
#if LANES == 16
  eight halves = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  return __builtin_shufflevector(halves, halves, 0, 1, 2, 3) + __builtin_shufflevector(halves, halves, 4, 5, 6, 7);
#elif LANES == 8
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
  return v;
#endif
}

// The sums of four vectors.
LANES_INLINE four sums_of_four(lanes a, lanes b, lanes c, lanes d) {
  four p = quarters(a), q = quarters(b), r = quarters(c), s = quarters(d);
  four pq = __builtin_shufflevector(p, q, 0, 4, 1, 5) + __builtin_shufflevector(p, q, 2, 6, 3, 7);
  four rs = __builtin_shufflevector(r, s, 0, 4, 1, 5) + __builtin_shufflevector(r, s, 2, 6, 3, 7);
  return __builtin_shufflevector(pq, rs, 0, 1, 4, 5) + __builtin_shufflevector(pq, rs, 2, 3, 6, 7);
}

LANES_INLINE size_t at_most(size_t value, size_t limit) { return value < limit ? value : limit; }

// `height` rows of a against four of b.
LANES_INLINE void products_block(const float *const a[4], size_t height, const float *const b[4], size_t width, float *const out[4]) {
  lanes sum[4][4];
  for (size_t i = 0; i < height; i++)
    for (size_t j = 0; j < 4; j++) sum[i][j] = 0.0f;
  for (size_t c = 0; c < width; c += LANES) {
    lanes right[4];
    for (size_t j = 0; j < 4; j++) right[j] = lanes_load(b[j] + c);
    for (size_t i = 0; i < height; i++) {
      lanes left = lanes_load(a[i] + c);
      for (size_t j = 0; j < 4; j++) sum[i][j] = lanes_fma(left, right[j], sum[i][j]);
    }
  }
  for (size_t i = 0; i < height; i++) {
    four sums = sums_of_four(sum[i][0], sum[i][1], sum[i][2], sum[i][3]);
    __builtin_memcpy(out[i], &sums, sizeof sums);
  }
}

LANES_FUNCTION void products(const needletail_row *a, size_t a_count, const needletail_row *b, size_t b_count, size_t width,
                             float *out, size_t out_stride) {
  for (size_t j = 0; j < b_count; j += 4) {
    const float *right[4];
    for (size_t k = 0; k < 4; k++) right[k] = b[at_most(j + k, b_count - 1)];
    size_t i = 0;
    for (; i + 1 < a_count; i += 4) {
      const float *left[4];
      float *results[4];
      for (size_t k = 0; k < 4; k++) {
        size_t row = at_most(i + k, a_count - 1);
        left[k] = a[row];
        results[k] = out + row * out_stride + j;
      }
      products_block(left, 4, right, width, results);
    }
    if (i < a_count) {
      const float *left[4] = {a[i]};
      float *results[4] = {out + i * out_stride + j};
      products_block(left, 1, right, width, results);
    }
  }
}

// `height` combinations over `depth` vectors of each row from column k on.
LANES_INLINE void combinations_block(const float *const c[4], size_t j_stride, const needletail_row *r, size_t r_count,
                                     float *const y[4], size_t height, size_t k, size_t depth, bool adds) {
  lanes sum[4][2];
  for (size_t i = 0; i < height; i++)
    for (size_t d = 0; d < depth; d++) sum[i][d] = adds ? lanes_load(y[i] + k + d * LANES) : (lanes)0.0f;
  for (size_t j = 0; j < r_count; j++) {
    lanes row[2];
    for (size_t d = 0; d < depth; d++) row[d] = lanes_load(r[j] + k + d * LANES);
    for (size_t i = 0; i < height; i++) {
      lanes coefficient = c[i][j * j_stride];
      for (size_t d = 0; d < depth; d++) sum[i][d] = lanes_fma(coefficient, row[d], sum[i][d]);
    }
  }
  for (size_t i = 0; i < height; i++)
    for (size_t d = 0; d < depth; d++) lanes_store(y[i] + k + d * LANES, sum[i][d]);
}

LANES_INLINE void combinations_rows(const float *const c[4], size_t j_stride, const needletail_row *r, size_t r_count,
                                    float *const y[4], size_t height, size_t width, bool adds) {
  size_t k = 0;
  for (; k + 2 * LANES <= width; k += 2 * LANES) combinations_block(c, j_stride, r, r_count, y, height, k, 2, adds);
  for (; k < width; k += LANES) combinations_block(c, j_stride, r, r_count, y, height, k, 1, adds);
}

LANES_FUNCTION void combinations(const float *c, size_t i_stride, size_t j_stride, const needletail_row *r, size_t r_count,
                                 const needletail_row *y, size_t y_count, size_t width, bool adds) {
  size_t i = 0;
  for (; i + 1 < y_count; i += 4) {
    const float *coefficients[4];
    float *results[4];
    for (size_t k = 0; k < 4; k++) {
      size_t row = at_most(i + k, y_count - 1);
      coefficients[k] = c + row * i_stride;
      results[k] = y[row];
    }
    combinations_rows(coefficients, j_stride, r, r_count, results, 4, width, adds);
  }
  if (i < y_count) {
    const float *coefficients[4] = {c + i * i_stride};
    float *results[4] = {y[i]};
    combinations_rows(coefficients, j_stride, r, r_count, results, 1, width, adds);
  }
}

LANES_FUNCTION void errors(float *scores, size_t rows, size_t columns, size_t stride, const float *labels, float rate) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < columns; j += LANES) {
      float *score = scores + i * stride + j;
      lanes power = lanes_exp2(lanes_min(lanes_load(score) * -1.44269504f, 126.0f), 0);
      lanes_store(score, (lanes_load(labels + j) - 1.0f / (1.0f + power)) * rate);
    }
  }
}
