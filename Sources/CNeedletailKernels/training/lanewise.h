// The training kernels on vectors of LANES floats. Included after lanes/arithmetic.h by each instruction set.
#include <stdbool.h>

#include "training.h"

// exp(x) for x up to 87.
LANES_INLINE lanes lanes_exp(lanes x) { return lanes_exp2(lanes_min(x * 1.44269504f, 126.0f), 0); }

LANES_INLINE lanes lanes_sigmoid(lanes x) { return 1.0f / (1.0f + lanes_exp(-x)); }

// The distribution function of the normal distribution, by the polynomial of lanes_gelu, and its density.
LANES_INLINE lanes lanes_normal(lanes x, lanes *density) {
  lanes z = __builtin_elementwise_abs(x);
  lanes bell = lanes_exp2(z * z * -0.72134752f, 0);
  lanes t = 1.0f / lanes_fma(z, 0.35f, 1.0f);
  lanes p = lanes_fma(t, 0.0489426f, -0.20211990f);
  p = lanes_fma(p, t, 0.24064182f);
  p = lanes_fma(p, t, -0.017024291f);
  p = lanes_fma(p, t, 0.15596190f);
  p = lanes_fma(p, t, 0.13335499f);
  p = lanes_fma(p, t, 0.14027035f);
  p = lanes_fma(p, t, -2.7316339e-05f);
  lanes tail = p * bell;
  *density = bell * 0.39894228f;
  return x > 0.0f ? 1.0f - tail : tail;
}

LANES_INLINE lanes function_value(needletail_function f, lanes x) {
  switch (f) {
    case NEEDLETAIL_FUNCTION_GELU: return lanes_gelu(x, 0);
    case NEEDLETAIL_FUNCTION_GELU_TANH: return lanes_gelu_tanh(x, 0);
    case NEEDLETAIL_FUNCTION_RELU: return lanes_max(x, 0.0f);
    case NEEDLETAIL_FUNCTION_SILU: return x * lanes_sigmoid(x);
    case NEEDLETAIL_FUNCTION_TANH: return 2.0f * lanes_sigmoid(2.0f * x) - 1.0f;
    default: return lanes_sigmoid(x);
  }
}

LANES_INLINE lanes function_slope(needletail_function f, lanes x, lanes y) {
  switch (f) {
    case NEEDLETAIL_FUNCTION_GELU: {
      lanes density, distribution = lanes_normal(x, &density);
      return lanes_fma(x, density, distribution);
    }
    case NEEDLETAIL_FUNCTION_GELU_TANH: {
      // x s(2u) with s the logistic function: s + x s (1 - s) 2u'
      lanes s = lanes_sigmoid(2.0f * x * lanes_fma(x * x, 0.035677408f, 0.79788456f));
      return lanes_fma(x * s * (1.0f - s), 2.0f * lanes_fma(x * x, 0.10703222f, 0.79788456f), s);
    }
    case NEEDLETAIL_FUNCTION_RELU: {
      const lanes one = 1.0f, zero = 0.0f;
      return x > 0.0f ? one : zero;
    }
    case NEEDLETAIL_FUNCTION_SILU: {
      lanes s = lanes_sigmoid(x);
      return s * lanes_fma(x, 1.0f - s, 1.0f);
    }
    case NEEDLETAIL_FUNCTION_TANH: return 1.0f - y * y;
    default: return y * (1.0f - y);
  }
}

LANES_INLINE void put(float *p, size_t width, bool accumulate, lanes v) {
  lanes_store_part(p, width, accumulate ? v + lanes_load_part(p, width, 0) : v);
}

LANES_INLINE void apply_one(needletail_function f, const float *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i += LANES) lanes_store_part(y + i, count - i, function_value(f, lanes_load_part(x + i, count - i, 0)));
}

LANES_INLINE void apply_gradient_one(needletail_function f, const float *x, const float *y, const float *dy, size_t count,
                                     bool accumulate, float *dx) {
  for (size_t i = 0; i < count; i += LANES) {
    size_t width = count - i;
    lanes slope = function_slope(f, lanes_load_part(x + i, width, 0), lanes_load_part(y + i, width, 0));
    put(dx + i, width, accumulate, slope * lanes_load_part(dy + i, width, 0));
  }
}

// Mean (or zero) and one over the deviation of a row.
LANES_INLINE float row_statistics(const float *x, size_t columns, needletail_norm norm, float *inverse) {
  float mean = 0;
  if (norm.centred) {
    lanes sum = 0.0f;
    for (size_t c = 0; c < columns; c += LANES) sum += lanes_load_part(x + c, columns - c, 0);
    mean = lanes_sum(sum) / (float)columns;
  }
  lanes squares = 0.0f;
  for (size_t c = 0; c < columns; c += LANES) {
    lanes centred = lanes_load_part(x + c, columns - c, mean) - mean;
    squares = lanes_fma(centred, centred, squares);
  }
  *inverse = 1 / __builtin_sqrtf(lanes_sum(squares) / (float)columns + norm.epsilon);
  return mean;
}

LANES_INLINE void norm_rows(needletail_rows in, needletail_norm norm, float *out, size_t out_stride) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    float *y = out + r * out_stride, inverse, mean = row_statistics(x, in.columns, norm, &inverse);
    for (size_t c = 0; c < in.columns; c += LANES) {
      size_t width = in.columns - c;
      lanes scaled = (lanes_load_part(x + c, width, mean) - mean) * inverse * lanes_load_part(norm.gain + c, width, 0);
      if (norm.shift) scaled += lanes_load_part(norm.shift + c, width, 0);
      lanes_store_part(y + c, width, scaled);
    }
  }
}

LANES_INLINE void norm_rows_gradient(needletail_rows in, needletail_norm norm, const float *gradient, size_t dy_stride,
                                     bool accumulate, float *result, size_t dx_stride, float *gain_gradient,
                                     float *shift_gradient) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride, *dy = gradient + r * dy_stride;
    float *dx = result + r * dx_stride, inverse, mean = row_statistics(x, in.columns, norm, &inverse);
    lanes sum = 0.0f, product = 0.0f;
    for (size_t c = 0; c < in.columns; c += LANES) {
      size_t width = in.columns - c;
      lanes unit = (lanes_load_part(x + c, width, mean) - mean) * inverse, d = lanes_load_part(dy + c, width, 0);
      lanes scaled = d * lanes_load_part(norm.gain + c, width, 0);
      sum += scaled;
      product = lanes_fma(scaled, unit, product);
      put(gain_gradient + c, width, true, d * unit);
      if (shift_gradient) put(shift_gradient + c, width, true, d);
    }
    float mean_slope = norm.centred ? lanes_sum(sum) / (float)in.columns : 0;
    float mean_product = lanes_sum(product) / (float)in.columns;
    for (size_t c = 0; c < in.columns; c += LANES) {
      size_t width = in.columns - c;
      lanes unit = (lanes_load_part(x + c, width, mean) - mean) * inverse;
      lanes scaled = lanes_load_part(dy + c, width, 0) * lanes_load_part(norm.gain + c, width, 0);
      put(dx + c, width, accumulate, inverse * (scaled - mean_slope - unit * mean_product));
    }
  }
}

LANES_INLINE float dot_of(const float *a, const float *b, size_t count) {
  lanes sum = 0.0f;
  for (size_t i = 0; i < count; i += LANES) sum = lanes_fma(lanes_load_part(a + i, count - i, 0), lanes_load_part(b + i, count - i, 0), sum);
  return lanes_sum(sum);
}

LANES_INLINE void softmax_rows_gradient(needletail_rows rows, const float *gradient, size_t dy_stride, float scale, bool accumulate,
                                        float *result, size_t dx_stride) {
  for (size_t r = 0; r < rows.rows; r++) {
    const float *y = rows.values + r * rows.stride, *dy = gradient + r * dy_stride;
    float *dx = result + r * dx_stride, mean = dot_of(y, dy, rows.columns);
    for (size_t c = 0; c < rows.columns; c += LANES) {
      size_t width = rows.columns - c;
      put(dx + c, width, accumulate, scale * lanes_load_part(y + c, width, 0) * (lanes_load_part(dy + c, width, 0) - mean));
    }
  }
}

LANES_INLINE void dropout_entries(needletail_dropout d, uint32_t first, const float *x, size_t count, bool accumulate, float *y) {
  lanes_u32 offsets;
  for (int i = 0; i < LANES; i++) offsets[i] = (uint32_t)i;
  for (size_t i = 0; i < count; i += LANES) {
    lanes_u32 h = (first + (uint32_t)i + offsets) * 0x9e3779b9u + d.seed;
    h = (h ^ (h >> 16)) * 0x85ebca6bu;
    h = (h ^ (h >> 13)) * 0xc2b2ae35u;
    h = h ^ (h >> 16);
    const lanes zero = 0.0f;
    lanes kept = lanes_load_part(x + i, count - i, 0) * d.scale;
    put(y + i, count - i, accumulate, h >= d.threshold ? kept : zero);
  }
}

LANES_INLINE void scale_entries(const float *x, float scale, size_t count, bool accumulate, float *y) {
  for (size_t i = 0; i < count; i += LANES) put(y + i, count - i, accumulate, scale * lanes_load_part(x + i, count - i, 0));
}

LANES_INLINE void route_entries(const float *x, const float *y, size_t count, float *rest, float *dx) {
  for (size_t i = 0; i < count; i += LANES) {
    const lanes zero = 0.0f;
    lanes left = lanes_load_part(rest + i, count - i, 0);
    lanes taken = lanes_load_part(x + i, count - i, 0) == lanes_load_part(y + i, count - i, 0) ? left : zero;
    put(dx + i, count - i, true, taken);
    // not left - taken: a gradient that is infinite would leave a NaN to the others
    lanes_store_part(rest + i, count - i, taken == left ? zero : left);
  }
}

LANES_INLINE void multiply_entries(const float *a, const float *b, size_t count, bool accumulate, float *y) {
  for (size_t i = 0; i < count; i += LANES)
    put(y + i, count - i, accumulate, lanes_load_part(a + i, count - i, 0) * lanes_load_part(b + i, count - i, 0));
}

LANES_INLINE void sum_of_rows(needletail_rows x, float *out) {
  for (size_t c = 0; c < x.columns; c += LANES) {
    lanes sum = 0.0f;
    for (size_t r = 0; r < x.rows; r++) sum += lanes_load_part(x.values + r * x.stride + c, x.columns - c, 0);
    put(out + c, x.columns - c, true, sum);
  }
}

LANES_INLINE void adam_entries(needletail_adam a, const float *gradient, size_t count, float *values, float *mean, float *variance) {
  float coupled = a.decoupled ? 0 : a.decay, shrink = a.decoupled ? 1 - a.rate * a.decay : 1;
  for (size_t i = 0; i < count; i += LANES) {
    size_t width = count - i;
    lanes p = lanes_load_part(values + i, width, 0);
    lanes g = lanes_fma(p, coupled, lanes_load_part(gradient + i, width, 0) * a.gradient_scale);
    lanes m = lanes_fma(lanes_load_part(mean + i, width, 0), a.beta1, (1 - a.beta1) * g);
    lanes v = lanes_fma(lanes_load_part(variance + i, width, 0), a.beta2, (1 - a.beta2) * g * g);
    lanes step = a.rate * a.correction1 * m / lanes_fma(__builtin_elementwise_sqrt(v), a.correction2, a.epsilon);
    lanes_store_part(values + i, width, p * shrink - step);
    lanes_store_part(mean + i, width, m);
    lanes_store_part(variance + i, width, v);
  }
}

// A switch outside of the loop: one copy of the loop for each function.
#define FOR_EACH_FUNCTION(CASE)                                                                                            \
  CASE(NEEDLETAIL_FUNCTION_GELU)                                                                                           \
  CASE(NEEDLETAIL_FUNCTION_GELU_TANH)                                                                                      \
  CASE(NEEDLETAIL_FUNCTION_RELU)                                                                                           \
  CASE(NEEDLETAIL_FUNCTION_SILU)                                                                                           \
  CASE(NEEDLETAIL_FUNCTION_TANH)                                                                                           \
  CASE(NEEDLETAIL_FUNCTION_SIGMOID)
#define APPLY_CASE(f) \
  case f: apply_one(f, x, count, y); break;
#define GRADIENT_CASE(f) \
  case f: apply_gradient_one(f, x, y, dy, count, accumulate, dx); break;

LANES_FUNCTION void apply(needletail_function f, const float *x, size_t count, float *y) {
  switch (f) { FOR_EACH_FUNCTION(APPLY_CASE) }
}

LANES_FUNCTION void apply_gradient(needletail_function f, const float *x, const float *y, const float *dy, size_t count,
                                   bool accumulate, float *dx) {
  switch (f) { FOR_EACH_FUNCTION(GRADIENT_CASE) }
}

LANES_FUNCTION void norm(needletail_rows x, needletail_norm n, float *out, size_t stride) { norm_rows(x, n, out, stride); }

LANES_FUNCTION void norm_gradient(needletail_rows x, needletail_norm n, const float *dy, size_t dy_stride, bool accumulate,
                                  float *dx, size_t dx_stride, float *gain_gradient, float *shift_gradient) {
  norm_rows_gradient(x, n, dy, dy_stride, accumulate, dx, dx_stride, gain_gradient, shift_gradient);
}

LANES_FUNCTION void softmax_gradient(needletail_rows y, const float *dy, size_t dy_stride, float scale, bool accumulate, float *dx,
                                     size_t dx_stride) {
  softmax_rows_gradient(y, dy, dy_stride, scale, accumulate, dx, dx_stride);
}

LANES_FUNCTION void dropout(needletail_dropout d, uint32_t first, const float *x, size_t count, bool accumulate, float *y) {
  dropout_entries(d, first, x, count, accumulate, y);
}

LANES_FUNCTION void scale(const float *x, float factor, size_t count, bool accumulate, float *y) {
  scale_entries(x, factor, count, accumulate, y);
}

LANES_FUNCTION void route_maximum(const float *x, const float *y, size_t count, float *rest, float *dx) {
  route_entries(x, y, count, rest, dx);
}

LANES_FUNCTION void multiply(const float *a, const float *b, size_t count, bool accumulate, float *y) {
  multiply_entries(a, b, count, accumulate, y);
}

LANES_FUNCTION void add_rows(needletail_rows x, float *out) { sum_of_rows(x, out); }

LANES_FUNCTION float dot(const float *a, const float *b, size_t count) { return dot_of(a, b, count); }

LANES_FUNCTION void adam(needletail_adam a, const float *gradient, size_t count, float *values, float *mean, float *variance) {
  adam_entries(a, gradient, count, values, mean, variance);
}

#define DEFINE_TRAINING(name, set)                                                                                         \
  const needletail_training_kernels needletail_training_##name = {                                                         \
      .isa = set, .apply = apply, .apply_gradient = apply_gradient, .norm = norm, .norm_gradient = norm_gradient,          \
      .softmax_gradient = softmax_gradient, .dropout = dropout, .scale = scale, .route_maximum = route_maximum,      \
      .multiply = multiply, .add_rows = add_rows, .dot = dot, .adam = adam};
