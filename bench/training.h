/* The trainings that are timed: a network, a learner over it, and a batch that is made up; speed does not depend on its
 * numbers.
 *
 *   lenet   LeNet-5 (tanh, average pooling), 128 digits a step
 *   vgg16   VGG16 on 224 x 224 pixels, layers[:5] frozen (the input, three convolutions, a pooling), with a head
 *           dense 1024 relu, dropout, dense 1024 relu, dense 2 softmax; 16 photos a step
 *
 * SGD with momentum 0.9, rate 0.01 for LeNet-5 and 1e-5 for VGG16. Weights and pictures are those of the by-name rule
 * (fovea/model.h), picture i is of class i modulo the number of classes: so another engine can be given the same. */
#ifndef BENCH_TRAINING_H
#define BENCH_TRAINING_H

#include <fovea/fovea.h>

typedef struct training {
  fv_model *model;
  fv_learner *learner;
  int32_t batch;
  float *pictures, *classes;
} training;

/* `dropout` is the rate of VGG16's head, 0: none. Ends the program after a sentence on stderr when something fails, as
 * an unknown name.
 */
void training_open(training *t, const char *name, double dropout, int32_t threads);
void training_close(training *t);

/* Ends the program after a sentence on stderr. */
void training_end(const char *sentence);

/* A step. Returns the loss before it. */
double training_step(training *t);

/* Of the wall's clock. */
double training_seconds(void);

#endif
