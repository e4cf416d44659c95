// The specification of the training kernels.
#include <math.h>

#include "training.h"

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

static float value(needletail_function f, float x) {
  switch (f) {
    case NEEDLETAIL_FUNCTION_GELU: return x * 0.5f * erfcf(-x * (float)M_SQRT1_2);
    case NEEDLETAIL_FUNCTION_GELU_TANH: return 0.5f * x * (1 + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
    case NEEDLETAIL_FUNCTION_RELU: return x > 0 ? x : 0;
    case NEEDLETAIL_FUNCTION_SILU: return x * sigmoid(x);
    case NEEDLETAIL_FUNCTION_TANH: return tanhf(x);
    default: return sigmoid(x);
  }
}

static float slope(needletail_function f, float x) {
  switch (f) {
    case NEEDLETAIL_FUNCTION_GELU: return 0.5f * erfcf(-x * (float)M_SQRT1_2) + x * 0.39894228f * expf(-0.5f * x * x);
    case NEEDLETAIL_FUNCTION_GELU_TANH: {
      float t = tanhf(0.79788456f * (x + 0.044715f * x * x * x));
      return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * 0.79788456f * (1 + 3 * 0.044715f * x * x);
    }
    case NEEDLETAIL_FUNCTION_RELU: return x > 0 ? 1 : 0;
    case NEEDLETAIL_FUNCTION_SILU: return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
    case NEEDLETAIL_FUNCTION_TANH: return 1 - tanhf(x) * tanhf(x);
    default: return sigmoid(x) * (1 - sigmoid(x));
  }
}

static void put(float *p, bool accumulate, float v) { *p = accumulate ? *p + v : v; }

static void apply(needletail_function f, const float *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) y[i] = value(f, x[i]);
}

static void apply_gradient(needletail_function f, const float *x, const float *y, const float *dy, size_t count, bool accumulate,
                           float *dx) {
  (void)y;
  for (size_t i = 0; i < count; i++) put(dx + i, accumulate, dy[i] * slope(f, x[i]));
}

static float statistics(const float *x, size_t columns, needletail_norm n, float *inverse) {
  float mean = 0, squares = 0;
  for (size_t c = 0; n.centred && c < columns; c++) mean += x[c] / (float)columns;
  for (size_t c = 0; c < columns; c++) squares += (x[c] - mean) * (x[c] - mean);
  *inverse = 1 / sqrtf(squares / (float)columns + n.epsilon);
  return mean;
}

static void norm(needletail_rows in, needletail_norm n, float *out, size_t out_stride) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    float inverse, mean = statistics(x, in.columns, n, &inverse);
    for (size_t c = 0; c < in.columns; c++)
      out[r * out_stride + c] = (x[c] - mean) * inverse * n.gain[c] + (n.shift ? n.shift[c] : 0);
  }
}

static void norm_gradient(needletail_rows in, needletail_norm n, const float *gradient, size_t dy_stride, bool accumulate,
                          float *result, size_t dx_stride, float *gain_gradient, float *shift_gradient) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride, *dy = gradient + r * dy_stride;
    float inverse, mean = statistics(x, in.columns, n, &inverse), sum = 0, product = 0;
    for (size_t c = 0; c < in.columns; c++) {
      float unit = (x[c] - mean) * inverse;
      sum += dy[c] * n.gain[c];
      product += dy[c] * n.gain[c] * unit;
      gain_gradient[c] += dy[c] * unit;
      if (shift_gradient) shift_gradient[c] += dy[c];
    }
    float mean_slope = n.centred ? sum / (float)in.columns : 0, mean_product = product / (float)in.columns;
    for (size_t c = 0; c < in.columns; c++)
      put(result + r * dx_stride + c, accumulate,
          inverse * (dy[c] * n.gain[c] - mean_slope - (x[c] - mean) * inverse * mean_product));
  }
}

static float dot(const float *a, const float *b, size_t count) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

static void softmax_gradient(needletail_rows rows, const float *gradient, size_t dy_stride, float factor, bool accumulate,
                             float *result, size_t dx_stride) {
  for (size_t r = 0; r < rows.rows; r++) {
    const float *y = rows.values + r * rows.stride, *dy = gradient + r * dy_stride;
    float mean = dot(y, dy, rows.columns);
    for (size_t c = 0; c < rows.columns; c++) put(result + r * dx_stride + c, accumulate, factor * y[c] * (dy[c] - mean));
  }
}

static void dropout(needletail_dropout d, uint32_t first, const float *x, size_t count, bool accumulate, float *y) {
  for (size_t i = 0; i < count; i++)
    put(y + i, accumulate, needletail_dropout_word(d.seed, first + (uint32_t)i) >= d.threshold ? x[i] * d.scale : 0);
}

static void scale(const float *x, float factor, size_t count, bool accumulate, float *y) {
  for (size_t i = 0; i < count; i++) put(y + i, accumulate, factor * x[i]);
}

static void route_maximum(const float *x, const float *y, size_t count, float *rest, float *dx) {
  for (size_t i = 0; i < count; i++) {
    if (x[i] != y[i]) continue;
    dx[i] += rest[i];
    rest[i] = 0;
  }
}

static void multiply(const float *a, const float *b, size_t count, bool accumulate, float *y) {
  for (size_t i = 0; i < count; i++) put(y + i, accumulate, a[i] * b[i]);
}

static void add_rows(needletail_rows x, float *out) {
  for (size_t r = 0; r < x.rows; r++)
    for (size_t c = 0; c < x.columns; c++) out[c] += x.values[r * x.stride + c];
}

static void adam(needletail_adam a, const float *gradient, size_t count, float *values, float *mean, float *variance) {
  for (size_t i = 0; i < count; i++) {
    float g = gradient[i] * a.gradient_scale + (a.decoupled ? 0 : a.decay * values[i]);
    mean[i] = a.beta1 * mean[i] + (1 - a.beta1) * g;
    variance[i] = a.beta2 * variance[i] + (1 - a.beta2) * g * g;
    float kept = a.decoupled ? values[i] * (1 - a.rate * a.decay) : values[i];
    values[i] = kept - a.rate * a.correction1 * mean[i] / (sqrtf(variance[i]) * a.correction2 + a.epsilon);
  }
}

const needletail_training_kernels needletail_training_serial = {
    .isa = NEEDLETAIL_ISA_SERIAL, .apply = apply, .apply_gradient = apply_gradient, .norm = norm, .norm_gradient = norm_gradient,
    .softmax_gradient = softmax_gradient, .dropout = dropout, .scale = scale, .route_maximum = route_maximum, .multiply = multiply, .add_rows = add_rows,
    .dot = dot, .adam = adam};
