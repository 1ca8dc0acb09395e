/* Models and layers in JSON. */
#ifndef FOVEA_SERVE_DESCRIBE_H
#define FOVEA_SERVE_DESCRIBE_H

#include "serve/shown.h"
#include "serve/writer.h"

/* A line of a list: {id, name, path, state}. */
void fv__describe_entry(fv__writer *json, const fv__shown *shown);

/* All about a model: inputs, outputs, how it is fed, classes, totals, warnings. */
void fv__describe_model(fv__writer *json, const fv__shown *shown);

/* All about a layer, with a sentence made from its numbers. */
void fv__describe_layer(fv__writer *json, const fv__shown *shown, int32_t layer);

/* The sentence alone: "64 filters of 3 x 3 on 3 channels, 1,792 parameters; each number sees 3 x 3 pixels." */
void fv__describe_sentence(char *text, size_t size, const fv__shown *shown, int32_t layer);

#endif
