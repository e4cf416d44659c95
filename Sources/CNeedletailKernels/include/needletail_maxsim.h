// Late interaction: for each vector of a query the best inner product with the vectors of a document, summed.
//
//   kernel       query   row         best     accumulator
//   maxsim_f32   f32     f32         f32      as dot_f32
//   maxsim_f16   f32     f16         f32      as dot_f16
//   maxsim_i8    i8      i8          f32      i32, exact, then times the scales of both vectors
//
// Built on the distance kernels of any instruction set, so they agree as those do. Rows are taken in blocks that stay in the
// nearest cache while all vectors of the query pass over them. Strides count elements. `best` has room for `query_count`; a document
// without rows gives 0. Bounds are those of the distance kernels.
#ifndef NEEDLETAIL_MAXSIM_H
#define NEEDLETAIL_MAXSIM_H

#include "needletail_distance.h"

float needletail_maxsim_f32(const needletail_distance_kernels *_Nonnull kernels, const float *_Nonnull queries, size_t query_count,
                            size_t query_stride, const float *_Nonnull rows, size_t row_count, size_t row_stride, size_t dimension,
                            float *_Nonnull best);

float needletail_maxsim_f16(const needletail_distance_kernels *_Nonnull kernels, const float *_Nonnull queries, size_t query_count,
                            size_t query_stride, const uint16_t *_Nonnull rows, size_t row_count, size_t row_stride, size_t dimension,
                            float *_Nonnull best);

float needletail_maxsim_i8(const needletail_distance_kernels *_Nonnull kernels, const int8_t *_Nonnull queries,
                           const float *_Nonnull query_scales, size_t query_count, size_t query_stride, const int8_t *_Nonnull rows,
                           const float *_Nonnull row_scales, size_t row_count, size_t row_stride, size_t dimension, float *_Nonnull best);

#endif
