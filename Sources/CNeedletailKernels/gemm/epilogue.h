// What follows a product: takes a tile of sums in the nearest cache to its values, and writes them.
//
// Included after lanes/arithmetic.h. A tile has rows of 32 sums, float or int32.

// Which sums a tile holds; a constant at each place of use.
enum tile_kind { TILE_FLOAT, TILE_BFLOAT16, TILE_INT8 };

LANES_INLINE lanes epilogue_activate(lanes v, needletail_activation activation, int coarse) {
  switch (activation) {
    case NEEDLETAIL_GELU: return lanes_gelu(v, coarse);
    case NEEDLETAIL_GELU_TANH: return lanes_gelu_tanh(v, coarse);
    case NEEDLETAIL_RELU: return lanes_max(v, 0.0f);
    case NEEDLETAIL_SILU: return lanes_silu(v, coarse);
    default: return v;
  }
}

// One vector of columns of all rows of a tile.
LANES_INLINE void epilogue_columns(const needletail_gemm *g, enum tile_kind kind, needletail_activation activation,
                                   const float *tile, size_t row, size_t rows, size_t column, size_t width) {
  const lanes zero = 0.0f;
  lanes bias = g->bias ? lanes_load_part(g->bias + column, width, 0) : zero;
  lanes scale = zero, total = zero;
  if (kind == TILE_INT8) {
    scale = lanes_load_part(g->column_scale + column, width, 0);
    lanes_i32 sums = (lanes_i32)lanes_load_part((const float *)(const void *)(g->column_total + column), width, 0);
    total = __builtin_convertvector(sums, lanes) * scale;
  }
  for (size_t r = 0; r < rows; r++) {
    size_t place = row + r;
    lanes v = lanes_load(tile + r * NEEDLETAIL_PANEL);
    if (kind == TILE_INT8) {
      lanes sum = __builtin_convertvector((lanes_i32)v, lanes);
      v = lanes_fma(sum * scale, g->row_scale[place], lanes_fma(total, g->row_offset[place], bias));
    } else if (g->row_scale) {
      v = lanes_fma(v, g->row_scale[place], bias);
    } else {
      v += bias;
    }
    v = epilogue_activate(v, activation, kind != TILE_FLOAT);
    if (g->residual) v += lanes_load_part(g->residual + place * g->residual_stride + column, width, 0);
    if (g->out_element == NEEDLETAIL_BFLOAT16)
      lanes_store_narrow_part((uint16_t *)g->out + place * g->out_stride + column, width, v);
    else
      lanes_store_part((float *)g->out + place * g->out_stride + column, width, v);
  }
}

LANES_INLINE void epilogue_activated(const needletail_gemm *g, enum tile_kind kind, needletail_activation activation,
                                     const float *tile, size_t row, size_t rows, size_t column) {
  size_t end = g->columns < column + NEEDLETAIL_PANEL ? g->columns : column + NEEDLETAIL_PANEL;
  for (size_t first = column; first < end; first += LANES) {
    size_t width = end - first;
    if (width >= LANES)
      epilogue_columns(g, kind, activation, tile + (first - column), row, rows, first, LANES);
    else
      epilogue_columns(g, kind, activation, tile + (first - column), row, rows, first, width);
  }
}

LANES_INLINE void epilogue(const needletail_gemm *g, enum tile_kind kind, const float *tile, size_t row, size_t rows,
                           size_t column) {
  switch (g->activation) {
    case NEEDLETAIL_GELU: epilogue_activated(g, kind, NEEDLETAIL_GELU, tile, row, rows, column); break;
    case NEEDLETAIL_GELU_TANH: epilogue_activated(g, kind, NEEDLETAIL_GELU_TANH, tile, row, rows, column); break;
    case NEEDLETAIL_RELU: epilogue_activated(g, kind, NEEDLETAIL_RELU, tile, row, rows, column); break;
    case NEEDLETAIL_SILU: epilogue_activated(g, kind, NEEDLETAIL_SILU, tile, row, rows, column); break;
    default: epilogue_activated(g, kind, NEEDLETAIL_IDENTITY, tile, row, rows, column);
  }
}

// Walks the tiles of a product: panels outside, so that a panel stays near while the rows pass by it. Rows are spread evenly
// over tiles of at most `height`, since a tile of few rows cannot keep the multipliers busy.
typedef void (*tile_sums)(const needletail_gemm *, const void *panel, size_t row, size_t rows, float *tile);
typedef void (*tile_epilogue)(const needletail_gemm *, const float *tile, size_t row, size_t rows, size_t column);

LANES_INLINE void walk_tiles(const needletail_gemm *g, size_t height, size_t words, tile_sums sums, tile_epilogue finish) {
  _Alignas(64) float tile[12 * NEEDLETAIL_PANEL];
  size_t tiles = (g->rows + height - 1) / height;
  for (size_t column = 0; column < g->columns; column += NEEDLETAIL_PANEL) {
    const void *panel = (const uint32_t *)g->packed + column * words;
    for (size_t t = 0; t < tiles; t++) {
      size_t row = g->rows * t / tiles, end = g->rows * (t + 1) / tiles;
      sums(g, panel, row, end - row, tile);
      finish(g, tile, row, end - row, column);
    }
  }
}
