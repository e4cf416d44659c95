// The row-wise kernels on vectors of LANES floats. Included after lanes/arithmetic.h by each instruction set.

LANES_INLINE void layer_norm(needletail_rows in, const float *gain, const float *shift, float epsilon, float *out,
                             size_t out_stride) {
  size_t columns = in.columns;
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    float *y = out + r * out_stride;
    lanes sum = 0.0f, squares = 0.0f;
    for (size_t c = 0; c < columns; c += LANES) sum += lanes_load_part(x + c, columns - c, 0);
    float mean = lanes_sum(sum) / (float)columns;
    for (size_t c = 0; c < columns; c += LANES) {
      lanes centred = lanes_load_part(x + c, columns - c, mean) - mean;
      squares = lanes_fma(centred, centred, squares);
    }
    float inverse = 1 / __builtin_sqrtf(lanes_sum(squares) / (float)columns + epsilon);
    for (size_t c = 0; c < columns; c += LANES) {
      size_t width = columns - c;
      lanes scaled = (lanes_load_part(x + c, width, mean) - mean) * inverse;
      lanes_store_part(y + c, width,
                       lanes_fma(scaled, lanes_load_part(gain + c, width, 0), lanes_load_part(shift + c, width, 0)));
    }
  }
}

LANES_INLINE void rms_norm(needletail_rows in, const float *gain, float epsilon, float *out, size_t out_stride) {
  size_t columns = in.columns;
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    float *y = out + r * out_stride;
    lanes squares = 0.0f;
    for (size_t c = 0; c < columns; c += LANES) {
      lanes v = lanes_load_part(x + c, columns - c, 0);
      squares = lanes_fma(v, v, squares);
    }
    float inverse = 1 / __builtin_sqrtf(lanes_sum(squares) / (float)columns + epsilon);
    for (size_t c = 0; c < columns; c += LANES) {
      size_t width = columns - c;
      lanes_store_part(y + c, width, lanes_load_part(x + c, width, 0) * inverse * lanes_load_part(gain + c, width, 0));
    }
  }
}

LANES_INLINE void softmax_row(const float *x, size_t columns, float scale, float *out, uint16_t *narrowed, float *inverse_sum) {
  const float lowest = -__builtin_inff();
  lanes largest = lanes_load_part(x, columns, lowest);
  for (size_t c = LANES; c < columns; c += LANES) largest = lanes_max(largest, lanes_load_part(x + c, columns - c, lowest));
  float binary = scale * 1.44269504f;
  float top = lanes_largest(largest);
  lanes sum = 0.0f;
  size_t c = 0;
  for (; c + LANES <= columns; c += LANES) {
    lanes e = lanes_exp2((lanes_load(x + c) - top) * binary, narrowed != NULL);
    sum += e;
    if (narrowed)
      lanes_store_narrow_part(narrowed + c, LANES, e);
    else
      lanes_store(out + c, e);
  }
  float total = lanes_sum(sum);
  if (c < columns) {
    float rest[LANES];
    lanes_store(rest, lanes_exp2((lanes_load_part(x + c, columns - c, top) - top) * binary, narrowed != NULL));
    for (size_t i = 0; c + i < columns; i++) total += rest[i];
    if (narrowed)
      lanes_store_narrow_part(narrowed + c, columns - c, lanes_load(rest));
    else
      lanes_store_part(out + c, columns - c, lanes_load(rest));
  }
  if (narrowed && columns % 2 == 1) narrowed[columns] = 0;
  *inverse_sum = 1 / total;
}

LANES_INLINE void softmax(needletail_rows in, float scale, float *out, uint16_t *narrowed, size_t out_stride,
                          float *inverse_sums) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    if (narrowed)
      softmax_row(x, in.columns, scale, NULL, narrowed + r * out_stride, inverse_sums + r);
    else
      softmax_row(x, in.columns, scale, out + r * out_stride, NULL, inverse_sums + r);
  }
}

LANES_INLINE void quantise(needletail_rows in, uint8_t *out, size_t out_stride, float *scale, float *offset) {
  size_t columns = in.columns, whole = columns / LANES * LANES;
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    uint8_t *q = out + r * out_stride;
    lanes smallest = 0.0f, largest = 0.0f;
    for (size_t c = 0; c < columns; c += LANES) {
      lanes v = lanes_load_part(x + c, columns - c, 0);
      smallest = lanes_min(smallest, v);
      largest = lanes_max(largest, v);
    }
    float high = lanes_largest(largest), low = -lanes_largest(-smallest), range = high - low;
    float inverse = range > 0 ? 255 / range : 0;
    float zero = __builtin_rintf(-low * inverse);
    scale[r] = range / 255;
    offset[r] = -zero * scale[r];
    for (size_t c = 0; c < whole; c += LANES) {
      lanes v = lanes_min(lanes_max(lanes_round(lanes_load(x + c) * inverse) + zero, 0.0f), 255.0f);
      lanes_u8 bytes = __builtin_convertvector(__builtin_convertvector(v, lanes_i32), lanes_u8);
      __builtin_memcpy(q + c, &bytes, sizeof bytes);
    }
    for (size_t c = whole; c < columns; c++) {
      float v = __builtin_rintf(x[c] * inverse) + zero;
      q[c] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
    for (size_t c = columns; c % 4 != 0; c++) q[c] = 0;
  }
}

LANES_INLINE void narrow(needletail_rows in, uint16_t *out, size_t out_stride) {
  for (size_t r = 0; r < in.rows; r++)
    for (size_t c = 0; c < in.columns; c += LANES)
      lanes_store_narrow_part(out + r * out_stride + c, in.columns - c,
                              lanes_load_part(in.values + r * in.stride + c, in.columns - c, 0));
}

// Transposes in square blocks; what does not fill one goes word by word.
typedef void (*transpose_block)(const uint32_t *in, size_t stride, uint32_t *out, size_t out_stride);

LANES_INLINE void transpose(const uint32_t *in, size_t stride, size_t rows, size_t columns, uint32_t *out, size_t out_stride,
                            size_t side, transpose_block block) {
  for (size_t r = 0; r < rows; r += side) {
    for (size_t c = 0; c < columns; c += side) {
      if (r + side <= rows && c + side <= columns) {
        block(in + r * stride + c, stride, out + c * out_stride + r, out_stride);
        continue;
      }
      for (size_t i = r; i < rows && i < r + side; i++)
        for (size_t j = c; j < columns && j < c + side; j++) out[j * out_stride + i] = in[i * stride + j];
    }
  }
}

#define DEFINE_ROWWISE(isa, side, block)                                                                                   \
  LANES_TARGET void needletail_layer_norm_##isa(needletail_rows in, const float *gain, const float *shift, float epsilon,  \
                                                float *out, size_t out_stride) {                                           \
    layer_norm(in, gain, shift, epsilon, out, out_stride);                                                                 \
  }                                                                                                                        \
  LANES_TARGET void needletail_rms_norm_##isa(needletail_rows in, const float *gain, float epsilon, float *out,             \
                                              size_t out_stride) {                                                         \
    rms_norm(in, gain, epsilon, out, out_stride);                                                                          \
  }                                                                                                                        \
  LANES_TARGET void needletail_softmax_##isa(needletail_rows in, float scale, float *out, uint16_t *narrowed,              \
                                             size_t out_stride, float *inverse_sums) {                                     \
    softmax(in, scale, out, narrowed, out_stride, inverse_sums);                                                           \
  }                                                                                                                        \
  LANES_TARGET void needletail_quantise_##isa(needletail_rows in, uint8_t *out, size_t out_stride, float *scale,           \
                                              float *offset) {                                                             \
    quantise(in, out, out_stride, scale, offset);                                                                          \
  }                                                                                                                        \
  LANES_TARGET void needletail_narrow_##isa(needletail_rows in, uint16_t *out, size_t out_stride) {                        \
    narrow(in, out, out_stride);                                                                                           \
  }                                                                                                                        \
  LANES_TARGET void needletail_transpose_##isa(const uint32_t *in, size_t stride, size_t rows, size_t columns,             \
                                               uint32_t *out, size_t out_stride) {                                         \
    transpose(in, stride, rows, columns, out, out_stride, side, block);                                                    \
  }
