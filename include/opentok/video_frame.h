/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file video_frame.h
 * Video frames.
 */
#ifndef OTC_HEADER_VIDEO_FRAME_H
#define OTC_HEADER_VIDEO_FRAME_H

#include <stddef.h>
#if !defined(_WIN32)
#include <unistd.h>
#endif

#include "config.h"
#include "base.h"

OTC_BEGIN_DECL

/** The most bytes of metadata that a frame carries. */
#define OTC_VIDEO_FRAME_METADATA_MAX_SIZE 32

/**
 * A picture. Opaque.
 *
 * Belongs to the program that made it, until otc_video_frame_delete(). This library never sends, receives or shows
 * one; the functions exist for programs that do so themselves.
 */
typedef struct otc_video_frame otc_video_frame;

/**
 * How the pixels of a frame lie in memory. The 32-bit formats are named after the word that a little-endian machine
 * loads: the bytes of OTC_VIDEO_FRAME_FORMAT_ARGB32 are B, G, R, A.
 */
enum otc_video_frame_format {
  /**
   * None of the others.
   */
  OTC_VIDEO_FRAME_FORMAT_UNKNOWN = 0,
  /**
   * Planes Y, U, V; U and V have half the width and height. Also called I420.
   */
  OTC_VIDEO_FRAME_FORMAT_YUV420P = 1,
  /**
   * Planes Y and UV; in the latter U and V take turns, with half the width and height.
   */
  OTC_VIDEO_FRAME_FORMAT_NV12 = 2,
  /**
   * Planes Y and VU; in the latter V and U take turns, with half the width and height.
   */
  OTC_VIDEO_FRAME_FORMAT_NV21 = 3,
  /**
   * Y U Y V for two pixels.
   */
  OTC_VIDEO_FRAME_FORMAT_YUY2 = 4,
  /**
   * U Y V Y for two pixels.
   */
  OTC_VIDEO_FRAME_FORMAT_UYVY = 5,
  /**
   * Bytes B G R A.
   */
  OTC_VIDEO_FRAME_FORMAT_ARGB32 = 6,
  /**
   * Bytes A R G B.
   */
  OTC_VIDEO_FRAME_FORMAT_BGRA32 = 7,
  /**
   * Bytes B G R.
   */
  OTC_VIDEO_FRAME_FORMAT_RGB24 = 8,
  /**
   * Bytes R G B A.
   */
  OTC_VIDEO_FRAME_FORMAT_ABGR32 = 9,
  /**
   * A JPEG image. Kept, not decoded.
   */
  OTC_VIDEO_FRAME_FORMAT_MJPEG = 10,
  /**
   * Bytes A B G R.
   */
  OTC_VIDEO_FRAME_FORMAT_RGBA32 = 11,
  /**
   * One more than the last format above.
   */
  OTC_VIDEO_FRAME_FORMAT_MAX = 12,
  /**
   * Other compressed data. Kept, not decoded.
   */
  OTC_VIDEO_FRAME_FORMAT_COMPRESSED = 255,
};

/**
 * What a plane of a frame holds.
 */
enum otc_video_frame_plane {
  /**
   * Brightness.
   */
  OTC_VIDEO_FRAME_PLANE_Y = 0,
  /**
   * Blue difference.
   */
  OTC_VIDEO_FRAME_PLANE_U = 1,
  /**
   * Red difference.
   */
  OTC_VIDEO_FRAME_PLANE_V = 2,
  /**
   * Whole pixels; of a compressed frame, all its bytes.
   */
  OTC_VIDEO_FRAME_PLANE_PACKED = 3,
  /**
   * U and V by turns.
   */
  OTC_VIDEO_FRAME_PLANE_UV_INTERLEAVED = 4,
  /**
   * V and U by turns.
   */
  OTC_VIDEO_FRAME_PLANE_VU_INTERLEAVED = 5,
};

/**
 * The frame and all its copies are gone: buffer may be freed.
 */
typedef void (*otc_video_frame_memory_release_callback)(const uint8_t *buffer, void *arg);

/**
 * Tells where the planes of a frame in the program's memory are. May be called on any thread that uses the frame.
 */
struct otc_video_frame_planar_memory_callbacks {
  /**
   * The first byte of a plane. Must not be NULL.
   */
  const uint8_t *(*get_plane)(void *user_data, enum otc_video_frame_plane plane);
  /**
   * Bytes from one row of a plane to the next. Must not be NULL.
   */
  int (*get_plane_stride)(void *user_data, enum otc_video_frame_plane plane);
  /**
   * The frame and all its copies are gone. May be NULL.
   */
  void (*release)(void *user_data);
  /**
   * Handed to each callback.
   */
  void *user_data;
  /**
   * Must be NULL.
   */
  void *reserved;
};

/**
 * Makes a frame from pixels whose planes follow each other without padding.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are copied. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL buffer gives a frame of zeros.
 * - Returns: the frame; NULL for a format that is unknown or compressed, a width or height outside 1 to 16384.
 */
OTC_API
otc_video_frame *otc_video_frame_new(enum otc_video_frame_format format,
                                     int width,
                                     int height,
                                     const uint8_t *buffer);

/**
 * Makes a frame of format OTC_VIDEO_FRAME_FORMAT_YUV420P from three planes.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are copied. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL plane gives NULL.
 * - Returns: the frame; NULL for a NULL plane, a stride (bytes from row to row) less than a row, a width or height
 *   outside 1 to 16384.
 */
OTC_API
otc_video_frame *otc_video_frame_new_I420(int width,
                                          int height,
                                          const uint8_t *y_plane,
                                          int y_stride,
                                          const uint8_t *u_plane,
                                          int u_stride,
                                          const uint8_t *v_plane,
                                          int v_stride);

/**
 * Makes a frame of a JPEG image, which is kept as it is.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the bytes are copied. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL buffer gives NULL.
 * - Returns: the frame; NULL for a NULL buffer or a negative width or height.
 */
OTC_API otc_video_frame *otc_video_frame_new_MJPEG(int width, int height, const uint8_t *buffer, size_t size);

/**
 * Makes a frame of compressed data, which is kept as it is.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the bytes are copied. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL buffer gives NULL.
 * - Returns: the frame; NULL for a NULL buffer or a negative width or height.
 */
OTC_API
otc_video_frame *otc_video_frame_new_compressed(int width,
                                                int height,
                                                const uint8_t *buffer,
                                                size_t size);

/**
 * Makes a frame from its planes, in the order in which enum otc_video_frame_format names them.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are copied. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL array or plane gives NULL.
 * - Returns: the frame; NULL for a format that is unknown or compressed, a width or height outside 1 to 16384, a
 *   NULL plane, or a stride (bytes from row to row) less than a row.
 */
OTC_API
otc_video_frame *otc_video_frame_new_from_planes(enum otc_video_frame_format format,
                                                 int width,
                                                 int height,
                                                 const uint8_t **planes,
                                                 int *strides);

/**
 * Makes a frame of format OTC_VIDEO_FRAME_FORMAT_YUV420P from the planes of a frame of any format.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are converted, and not referred to afterwards. The frame belongs to the caller until
 *   otc_video_frame_delete().
 * - NULL: a NULL array or plane gives NULL.
 * - Returns: the frame; NULL for a format that is unknown or compressed, a width or height outside 1 to 16384, a
 *   NULL plane, or a stride (bytes from row to row) less than a row.
 */
OTC_API
otc_video_frame *otc_video_frame_new_I420_from_planes_with_format(enum otc_video_frame_format input_format,
                                                                  int width,
                                                                  int height,
                                                                  const uint8_t **planes,
                                                                  int *strides);

/**
 * Makes a frame of pixels in the program's memory whose planes follow each other without padding.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are not copied: they must stay until callback is called with buffer and arg, which happens
 *   once the frame and the copies that share its pixels are gone. With is_shallow_copyable OTC_TRUE
 *   otc_video_frame_copy() shares them. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL buffer gives NULL; a NULL callback is not called.
 * - Returns: the frame; NULL for an unknown format, a width or height outside 1 to 16384, or fewer bytes than such a
 *   frame has; callback is not called then.
 */
OTC_API
otc_video_frame *otc_video_frame_new_contiguous_memory_wrapper(enum otc_video_frame_format format,
                                                               int width,
                                                               int height,
                                                               otc_bool is_shallow_copyable,
                                                               const uint8_t *buffer,
                                                               size_t size,
                                                               otc_video_frame_memory_release_callback callback,
                                                               void *arg);

/**
 * Makes a frame of planes in the program's memory, which callbacks tell.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: callbacks is copied; the pixels are not: they must stay until release is called, which happens once
 *   the frame and the copies that share its pixels are gone. With is_shallow_copyable OTC_TRUE
 *   otc_video_frame_copy() shares them. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: NULL callbacks give NULL.
 * - Returns: the frame; NULL for a format that is unknown or compressed, a width or height outside 1 to 16384, or
 *   callbacks without get_plane or get_plane_stride; release is not called then.
 */
OTC_API
otc_video_frame *otc_video_frame_new_planar_memory_wrapper(enum otc_video_frame_format format,
                                                           int width,
                                                           int height,
                                                           otc_bool is_shallow_copyable,
                                                           struct otc_video_frame_planar_memory_callbacks *callbacks);

/**
 * Makes a frame of format OTC_VIDEO_FRAME_FORMAT_YUV420P of planes in the program's memory.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are not copied: they must stay until the frame is gone. Copies of the frame have pixels of
 *   their own. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL plane gives NULL.
 * - Returns: the frame; NULL for a NULL plane, a stride (bytes from row to row) less than a row, a width or height
 *   outside 1 to 16384.
 */
OTC_API
otc_video_frame *otc_video_frame_new_I420_wrapper(int width,
                                                  int height,
                                                  const uint8_t *y_plane,
                                                  int y_stride,
                                                  const uint8_t *u_plane,
                                                  int u_stride,
                                                  const uint8_t *v_plane,
                                                  int v_stride);

/**
 * Makes a frame of format OTC_VIDEO_FRAME_FORMAT_NV21 of planes in the program's memory.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are not copied: they must stay until the frame is gone. Copies of the frame have pixels of
 *   their own. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL plane gives NULL.
 * - Returns: the frame; NULL for a NULL plane, a stride (bytes from row to row) less than a row, a width or height
 *   outside 1 to 16384.
 */
OTC_API
otc_video_frame *otc_video_frame_new_NV21_wrapper(int width,
                                                  int height,
                                                  const uint8_t *y_plane,
                                                  int y_stride,
                                                  const uint8_t *uv_plane,
                                                  int uv_stride);

/**
 * Makes a frame of format OTC_VIDEO_FRAME_FORMAT_NV12 of planes in the program's memory.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are not copied: they must stay until the frame is gone. Copies of the frame have pixels of
 *   their own. The frame belongs to the caller until otc_video_frame_delete().
 * - NULL: a NULL plane gives NULL.
 * - Returns: the frame; NULL for a NULL plane, a stride (bytes from row to row) less than a row, a width or height
 *   outside 1 to 16384.
 */
OTC_API
otc_video_frame *otc_video_frame_new_NV12_wrapper(int width,
                                                  int height,
                                                  const uint8_t *y_plane,
                                                  int y_stride,
                                                  const uint8_t *uv_plane,
                                                  int uv_stride);

/**
 * Ends a frame.
 *
 * - When, threads: once, after the last use, on any thread. Does not block.
 * - Ownership: the frame, and what its getters returned, is gone. Memory of the program is released when no copy
 *   shares it any more.
 * - NULL: gives OTC_INVALID_PARAM.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM. Deleting a frame twice is an error that cannot always be detected.
 */
OTC_API
otc_status otc_video_frame_delete(otc_video_frame *frame);

/**
 * Would tell the handle of a picture in a graphics card; frames are in main memory here.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives NULL.
 * - Returns: NULL.
 */
OTC_API void *otc_video_frame_get_native_handle(const otc_video_frame *frame);

/**
 * Tells where the bytes of a frame are whose planes follow each other.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the bytes live as long as the frame.
 * - NULL: gives NULL.
 * - Returns: the first byte; NULL for a frame of separate planes.
 */
OTC_API const uint8_t *otc_video_frame_get_buffer(const otc_video_frame *frame);

/**
 * Tells how many bytes otc_video_frame_get_buffer() returns.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: bytes; 0 for a frame of separate planes.
 */
OTC_API size_t otc_video_frame_get_buffer_size(const otc_video_frame *frame);

/**
 * Tells the time that was set for a frame.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: the number given to otc_video_frame_set_timestamp(), 0 at first.
 */
OTC_API int64_t otc_video_frame_get_timestamp(const otc_video_frame *frame);

/**
 * Sets a time for a frame, in units of the program.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: does nothing.
 */
OTC_API void otc_video_frame_set_timestamp(otc_video_frame *frame, int64_t timestamp);

/**
 * Tells the width of a frame.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: pixels.
 */
OTC_API int otc_video_frame_get_width(const otc_video_frame *frame);

/**
 * Tells the height of a frame.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: pixels.
 */
OTC_API int otc_video_frame_get_height(const otc_video_frame *frame);

/**
 * Tells how many planes a frame has.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: 1 to 3; 1 for a compressed frame.
 */
OTC_API size_t otc_video_frame_get_number_of_planes(const otc_video_frame *frame);

/**
 * Tells the format of a frame.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives OTC_VIDEO_FRAME_FORMAT_UNKNOWN.
 * - Returns: the format.
 */
OTC_API enum otc_video_frame_format otc_video_frame_get_format(const otc_video_frame *frame);

/**
 * Says that the pixels of a frame are of another format; they are not converted.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: does nothing.
 * - Outcome: nothing for a format whose planes have other sizes than those of the frame.
 */
OTC_API void otc_video_frame_set_format(otc_video_frame *frame, enum otc_video_frame_format format);

/**
 * Tells where a plane of a frame is.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the bytes live as long as the frame, or as the program's own memory.
 * - NULL: gives NULL.
 * - Returns: the first byte; NULL if the frame has no such plane.
 */
OTC_API
const uint8_t *otc_video_frame_get_plane_binary_data(const otc_video_frame *frame,
                                                     enum otc_video_frame_plane plane);

/**
 * Tells the size of a plane of a frame.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: bytes, the padding of every row included; 0 if the frame has no such plane.
 */
OTC_API size_t otc_video_frame_get_plane_size(const otc_video_frame *frame, enum otc_video_frame_plane plane);

/**
 * Tells the distance of two rows of a plane.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: bytes; 0 if the frame has no such plane, and for compressed frames.
 */
OTC_API int otc_video_frame_get_plane_stride(const otc_video_frame *frame, enum otc_video_frame_plane plane);

/**
 * Tells the width of a plane.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: samples in a row: pixels, or pairs of U and V; 0 if the frame has no such plane.
 */
OTC_API int otc_video_frame_get_plane_width(const otc_video_frame *frame, enum otc_video_frame_plane plane);

/**
 * Tells the height of a plane.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives 0.
 * - Returns: rows; 0 if the frame has no such plane.
 */
OTC_API int otc_video_frame_get_plane_height(const otc_video_frame *frame, enum otc_video_frame_plane plane);

/**
 * Copies a frame for reading.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are shared where that is allowed, else copied. The new frame belongs to the caller until
 *   otc_video_frame_delete().
 * - NULL: gives NULL.
 * - Returns: the copy; NULL if the pixels cannot be read.
 */
OTC_API
otc_video_frame *otc_video_frame_copy(const otc_video_frame *frame);

/**
 * Copies a frame together with its pixels.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are copied; their planes follow each other without padding. The new frame belongs to the
 *   caller until otc_video_frame_delete().
 * - NULL: gives NULL.
 * - Returns: the copy; NULL if the pixels cannot be read.
 */
OTC_API
otc_video_frame *otc_video_frame_mutable_copy(const otc_video_frame *frame);

/**
 * Makes a frame of another format.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the pixels are new; timestamp and metadata are copied. The new frame belongs to the caller until
 *   otc_video_frame_delete().
 * - NULL: gives NULL.
 * - Returns: the frame; NULL for an unknown or compressed format on either side, or pixels that cannot be read.
 *   Between YUV and RGB the colours are those of BT.601 with limited range.
 */
OTC_API
otc_video_frame *otc_video_frame_convert(enum otc_video_frame_format format,
                                         const otc_video_frame *frame);

/**
 * Writes the pixels of a frame, in another format, to memory of the program.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: planes and strides are arrays with one entry for each plane of format, in the order in which enum
 *   otc_video_frame_format names them. Each plane has room for its rows, strides bytes apart.
 * - NULL: a NULL frame gives OTC_INVALID_PARAM; a NULL array or plane OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER also for a stride less than a
 *   row; OTC_INVALID_VIDEO_FORMAT for an unknown or compressed format on either side, or pixels that cannot be read.
 */
OTC_API
otc_status otc_video_frame_convert_inplace(enum otc_video_frame_format format,
                                           uint8_t **planes,
                                           const int *strides,
                                           const otc_video_frame *input_frame);

/**
 * Tells whether the values of a pixel lie side by side in one plane.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives OTC_FALSE.
 * - Returns: OTC_TRUE or OTC_FALSE.
 */
OTC_API otc_bool otc_video_frame_is_packed(const otc_video_frame *frame);

/**
 * Tells whether the planes of a frame follow each other.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - NULL: gives OTC_FALSE.
 * - Returns: OTC_TRUE or OTC_FALSE.
 */
OTC_API otc_bool otc_video_frame_is_contiguous(const otc_video_frame *frame);

/**
 * Attaches bytes of the program to a frame, in place of earlier ones.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the bytes are copied.
 * - NULL: a NULL frame gives OTC_INVALID_PARAM; NULL data OTC_SESSION_NULL_OR_INVALID_PARAMETER, unless size is 0.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER also for a size above
 *   OTC_VIDEO_FRAME_METADATA_MAX_SIZE.
 */
OTC_API
otc_status otc_video_frame_set_metadata(otc_video_frame *frame,
                                        const uint8_t *data,
                                        size_t size);

/**
 * Tells the bytes that otc_video_frame_set_metadata() attached.
 *
 * - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
 * - Ownership: the bytes belong to the frame and live until others are attached or it is deleted. *size is set to
 *   their number.
 * - NULL: a NULL frame gives NULL and a size of 0. A NULL size gives NULL.
 * - Returns: the bytes; NULL if there are none.
 */
OTC_API
const uint8_t *otc_video_frame_get_metadata(const otc_video_frame *frame,
                                            size_t *size);

OTC_END_DECL

#endif
