# libfovea: static and shared, from the same objects.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(FOVEA_DEPS REQUIRED zlib libpng libjpeg libwebp libzip jansson)

set(FOVEA_SOURCES "")
fovea_parts(layers layer fv__layer_type layers/layer.h)
fovea_parts(formats format fv__format formats/format.h)
fovea_parts(data/sources data_source fv__data_source_type data/source.h)
fovea_parts(data/effects effect fv__effect_type data/effect.h)
fovea_parts(zoo network fv__network zoo/network.h)
fovea_parts(train/losses loss fv__loss_type train/loss.h)
fovea_parts(train/metrics metric fv__metric_type train/metric.h)
fovea_parts(train/schedules schedule fv__schedule_type train/schedule.h)
fovea_parts(train/optimizers optimizer fv__optimizer_type train/optimizer.h)
fovea_parts(train/callbacks callback fv__callback_type train/callback.h)

file(GLOB_RECURSE room_sources CONFIGURE_DEPENDS
     ${CMAKE_SOURCE_DIR}/src/base/*.c ${CMAKE_SOURCE_DIR}/src/tensor/*.c ${CMAKE_SOURCE_DIR}/src/ops/*.c
     ${CMAKE_SOURCE_DIR}/src/image/*.c ${CMAKE_SOURCE_DIR}/src/layers/*.c ${CMAKE_SOURCE_DIR}/src/graph/*.c
     ${CMAKE_SOURCE_DIR}/src/data/*.c ${CMAKE_SOURCE_DIR}/src/model/*.c ${CMAKE_SOURCE_DIR}/src/formats/*.c
     ${CMAKE_SOURCE_DIR}/src/diagram/*.c ${CMAKE_SOURCE_DIR}/src/zoo/*.c ${CMAKE_SOURCE_DIR}/src/train/*.c
     ${CMAKE_SOURCE_DIR}/src/explain/*.c ${CMAKE_SOURCE_DIR}/src/tasks/*.c)
file(GLOB kernel_plain CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernels/*.c)
file(GLOB kernel_level CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernels/*/*.c)

set(FOVEA_INCLUDES ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/generated/include)

# Kernels: one object library per instruction set, the same sources. -ffp-contract=fast: gcc -std=c11 otherwise makes no
# fused multiply-add at all.
set(FOVEA_OBJECTS "")
set(FOVEA_LEVELS "")
function(fovea_level level)
  if(NOT kernel_level)
    return()
  endif()
  add_library(kernels_${level} OBJECT ${kernel_level})
  target_include_directories(kernels_${level} PRIVATE ${CMAKE_SOURCE_DIR}/src ${FOVEA_INCLUDES})
  target_compile_definitions(kernels_${level} PRIVATE FV__LEVEL=${level})
  target_compile_options(kernels_${level} PRIVATE -ffp-contract=fast ${ARGN})
  if(FOVEA_FUZZ) # kernels see no file, and clang takes minutes over them with sanitizers
    target_compile_options(kernels_${level} PRIVATE -fno-sanitize=all)
  endif()
  set(FOVEA_OBJECTS ${FOVEA_OBJECTS} $<TARGET_OBJECTS:kernels_${level}> PARENT_SCOPE)
  set(FOVEA_LEVELS ${FOVEA_LEVELS} ${level} PARENT_SCOPE)
  set(FOVEA_FLAGS_${level} ${ARGN} PARENT_SCOPE)
endfunction()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  fovea_level(baseline $<$<CONFIG:Release>:-O2>) # for the few machines without AVX2: small
  fovea_level(avx2 -mavx2 -mfma)
  # What is to be unrolled says so; -O3 adds 29 KB, and nobody has seen its use here.
  fovea_level(avx512 $<$<CONFIG:Release>:-O2> -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma -mprefer-vector-width=512)
else()
  fovea_level(baseline)
endif()

add_library(fovea_objects OBJECT ${room_sources} ${kernel_plain} ${FOVEA_SOURCES})
target_include_directories(fovea_objects PRIVATE ${CMAKE_SOURCE_DIR}/src ${FOVEA_INCLUDES} ${FOVEA_DEPS_INCLUDE_DIRS})
set(library_versions "")
foreach(dependency zlib libpng libjpeg libwebp libzip jansson)
  list(APPEND library_versions "${dependency} ${FOVEA_DEPS_${dependency}_VERSION}")
endforeach()
list(JOIN library_versions ", " library_versions)
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/base/version.c PROPERTIES COMPILE_DEFINITIONS
  "FOVEA_VERSION=\"${PROJECT_VERSION}\";FOVEA_LIBRARIES=\"${library_versions}\"")
target_compile_definitions(fovea_objects PRIVATE
  $<$<BOOL:${FOVEA_JPEG}>:FOVEA_JPEG> $<$<BOOL:${FOVEA_PNG}>:FOVEA_PNG> $<$<BOOL:${FOVEA_WEBP}>:FOVEA_WEBP>)

# Nothing here throws: tables for unwinding, which debug information has anyway, would be a tenth of the library.
foreach(target fovea_objects kernels_baseline kernels_avx2 kernels_avx512)
  if(TARGET ${target})
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-fno-asynchronous-unwind-tables>)
  endif()
endforeach()

# The work is done in kernels: what calls them gains nothing by -O3's copies of loops (80 KB). Rooms and files that think
# rather than multiply are compiled for size; -O2 is for those that run over pixels or weights, -O3 for the few of them
# where it was measured to help.
file(GLOB calling CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/image/*.c ${CMAKE_SOURCE_DIR}/src/ops/*.c)
list(FILTER calling EXCLUDE REGEX "/src/(image/(affine|resize)|ops/(conv_[a-z]+_gradient|pool|softmax))")
set_source_files_properties(${calling} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-O2>")
list(FILTER calling INCLUDE REGEX
     "/src/(image/(bmp|filter_explain|filter_family|image)|ops/(boxes_[a-z]+|by_rows|conv_winograd|estimate|op|problem|program|[a-z]+_reference))\\.c")
set_source_files_properties(${calling} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")
foreach(room base data tensor diagram explain formats graph layers model tasks train zoo)
  file(GLOB_RECURSE thinking CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.c)
  list(FILTER thinking EXCLUDE REGEX
       "/src/(data/(effects/|eigen|standardise)|train/(losses/|metrics/|optimizers/|(feed|learner|loss_rows|metric_rows|numbers|optimizer|regularizer)\\.c))")
  set_source_files_properties(${thinking} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")
endforeach()

add_library(fovea_static STATIC $<TARGET_OBJECTS:fovea_objects> ${FOVEA_OBJECTS})
add_library(fovea_shared SHARED $<TARGET_OBJECTS:fovea_objects> ${FOVEA_OBJECTS})
set_target_properties(fovea_static fovea_shared PROPERTIES OUTPUT_NAME fovea ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
                      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
# The addresses in tables of pointers take a byte each instead of 24, where the C library knows that form (glibc 2.36).
include(CheckLinkerFlag)
include(CheckCSourceCompiles)
check_linker_flag(C -Wl,-z,pack-relative-relocs FOVEA_LINKER_PACKS)
check_c_source_compiles("#include <features.h>
#if !defined(__GLIBC__) || !__GLIBC_PREREQ(2, 36)
#error
#endif
int main(void) { return 0; }" FOVEA_LOADER_UNPACKS)
if(FOVEA_LINKER_PACKS AND FOVEA_LOADER_UNPACKS)
  target_link_options(fovea_shared PRIVATE -Wl,-z,pack-relative-relocs)
endif()
set_target_properties(fovea_shared PROPERTIES VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
foreach(target fovea_static fovea_shared)
  target_include_directories(${target} PUBLIC ${FOVEA_INCLUDES})
  target_link_libraries(${target} PRIVATE ${FOVEA_DEPS_LINK_LIBRARIES} Threads::Threads m)
endforeach()
