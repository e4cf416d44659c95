#include <string.h>

#include "needletail_training.h"

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

void needletail_pack_panels(const needletail_kernels *kernels, const float *b, size_t stride, bool transposed, size_t columns,
                            size_t depth, size_t first, size_t end, float *packed) {
  for (size_t panel = first; panel < end; panel++) {
    size_t column = panel * NEEDLETAIL_PANEL, width = least(NEEDLETAIL_PANEL, columns - column);
    float *target = packed + column * depth;
    if (width < NEEDLETAIL_PANEL) memset(target, 0, NEEDLETAIL_PANEL * depth * sizeof(float));
    if (transposed) {
      kernels->transpose((const uint32_t *)(b + column * stride), stride, width, depth, (uint32_t *)target, NEEDLETAIL_PANEL);
    } else {
      for (size_t k = 0; k < depth; k++)
        memcpy(target + k * NEEDLETAIL_PANEL, b + k * stride + column, width * sizeof(float));
    }
  }
}
