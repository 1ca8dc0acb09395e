/* The version of the library and of what it was built with; the build says both. */
#include <fovea/cpu.h>

const char *fv_version(void) { return FOVEA_VERSION; }
const char *fv_libraries(void) { return FOVEA_LIBRARIES; }
