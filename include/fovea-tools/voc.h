/* Pascal VOC's annotations: an XML file a picture. Part of libfovea-tools, which the command uses.
 *
 *   FOLDER/Annotations/NAME.xml   FOLDER/JPEGImages/NAME.jpg   FOLDER/ImageSets/Main/LIST.txt, a NAME a line
 */
#ifndef FOVEA_TOOLS_VOC_H
#define FOVEA_TOOLS_VOC_H

#include <fovea/detection_set.h>

FV_BEGIN_DECLARATIONS

/* Whether a folder has Annotations/, or a file is a list of such a folder. */
FV_API bool fv_voc_is_one(const char *path);

/* Opens all annotations of a folder, in the order of their names, or those of a list, in its order. Pixels are counted
 * from 1 there: a box from xmin to xmax is [xmin - 1, xmax) here. Annotations that cannot be read are left out and
 * listed. `options` may be NULL. Errors: as fv_detection_set_open; FV_ERROR_UNSUPPORTED where fovea was built without
 * expat. The caller destroys *set. */
FV_API FV_CHECK fv_status fv_voc_open(fv_detection_set **set, const char *path,
                                      const fv_detection_set_options *options);

FV_END_DECLARATIONS

#endif
