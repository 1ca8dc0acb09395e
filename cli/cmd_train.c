/* fovea train: a folder of pictures becomes a classifier. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/file.h>
#include <fovea/self_organize.h>

#include "interrupt.h"
#include "output.h"
#include "output_path.h"
#include "train_explore.h"
#include "train_run.h"

/* ---- what was asked for */

/* The backup beside the model is ours: it goes when training is complete. One that the user named stays. */
static void name_backup(train_run *run) {
  const train_options *o = &run->o;
  char ours[TRAIN_PATH] = "";
  if (o->find_lr || (o->backup && !strcmp(o->backup, "none"))) return;
  if (o->output) snprintf(ours, sizeof ours, "%.*s.backup.h5", (int)(strrchr(o->output, '.') - o->output), o->output);
  snprintf(run->backup, sizeof run->backup, "%s", o->backup ? o->backup : o->resume ? o->resume : ours);
  run->backup_is_ours = !o->backup && !strcmp(run->backup, ours);
}

/* ---- the library's calls */

static void on_message(void *context, const fv_train_message *message) {
  progress_message(&((train_run *)context)->progress, message);
}

static fv_status on_facts(void *context, const fv_fit_facts *facts) {
  train_run *run = context;
  train_facts_print(run, facts);
  progress_begin(&run->progress, facts->samples, facts->steps, run->o.batch_size);
  return FV_OK;
}

static void on_step(void *context, const fv_train_event *event) {
  progress_step(&((train_run *)context)->progress, event);
}

static void on_epoch(void *context, const fv_train_event *event) {
  progress_epoch(&((train_run *)context)->progress, event);
}

static void on_validation(void *context, int64_t samples, int64_t total) {
  progress_validation(&((train_run *)context)->progress, samples, total);
}

static void on_difference(void *context, const char *what, const char *now, const char *before) {
  train_differences_add(&((train_run *)context)->differences, what, now, before);
}

static bool should_stop(void *context) {
  (void)context;
  return interrupt_came();
}

/* Of tasks whose targets are no classes. */
static const fv_target_maker *targets(const train_run *run) {
  return run->detection.set ? &run->detection.targets : run->segmentation.set ? &run->segmentation.targets : NULL;
}

static const fv_target_maker *validation_targets(const train_run *run) {
  if (run->detection.validation) return &run->detection.validation_targets;
  return run->segmentation.validation ? &run->segmentation.validation_targets : NULL;
}

static fv_fit_options fit_options(train_run *run) {
  const train_options *o = &run->o;
  const int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
  return (fv_fit_options){.dataset = run->data.training,
                          .validation = run->data.validation,
                          .augment = run->is_augmented ? &run->augment : NULL,
                          .class_weights = run->class_weights,
                          .targets = targets(run),
                          .validation_targets = validation_targets(run),
                          .samples_per_epoch = (int64_t)o->samples_per_epoch,
                          .no_shuffle = o->shuffle == SHUFFLE_NONE,
                          .takes_whole = o->train_whole,
                          .skip_broken = true,
                          .cache_limit = o->cache ? memory / 4 : 0,
                          .epochs = run->epochs[run->part],
                          .initial_epoch = run->part ? run->epochs[0] : 0,
                          .max_steps = (int64_t)o->max_steps,
                          .batch_size = o->batch_size,
                          .seed = (uint64_t)o->seed,
                          .loss = run->learning.loss_words.name,
                          .loss_options = &run->learning.loss_options,
                          .optimizer = run->learning.optimizer,
                          .optimizer_options = &run->learning.optimizer_options,
                          .kernel_regularizer = run->learning.regularizer,
                          .metrics = run->learning.metrics,
                          .metric_count = run->learning.metric_count,
                          .callbacks = run->learning.callbacks,
                          .callback_count = run->learning.callback_count,
                          .say = on_message,
                          .on_facts = on_facts,
                          .on_step = on_step,
                          .on_epoch = on_epoch,
                          .on_validation = on_validation,
                          .on_difference = on_difference,
                          .should_stop = should_stop,
                          .context = run,
                          .backup = run->backup[0] ? run->backup : NULL,
                          .backup_steps = (int64_t)o->backup_steps,
                          .resume = o->resume,
                          .resume_anyway = o->resume_anyway,
                          .threads = o->speed.threads,
                          .memory_limit = (int64_t)(o->memory_limit * 1e6),
                          .accuracy = speed_accuracy(&o->speed),
                          .unbiased_variance = o->compat == TRAIN_KERAS2,
                          .moving_momentum = o->moving_momentum,
                          .measure_gradients = o->log_file != NULL};
}

/* ---- a part of the training */

static int stopped(const train_run *run) {
  if (!run->backup[0]) return command_error(COMMAND_STOPPED, "stopped; there is no backup to go on from");
  return command_error(COMMAND_STOPPED, "stopped; the same command with --resume %s goes on", run->backup);
}

static int fail_training(const train_run *run, fv_status failed) {
  if (failed == FV_ERROR_STOPPED && interrupt_came()) return stopped(run);
  if (run->differences.count)
    return command_usage("%s: the training that was kept is another one: %s; --resume-anyway goes on all the same",
                         run->o.resume, run->differences.text);
  if (failed == FV_ERROR_IO || failed == FV_ERROR_MEMORY) return command_fail_output(failed);
  return command_fail(failed);
}

/* Who has no validation is told what is watched instead. */
static void tell_watched(const train_run *run) {
  const train_options *o = &run->o;
  if (run->data.validation || o->monitor || command_quiet()) return;
  const char *who = o->early_stopping && strcmp(o->early_stopping, "none") != 0 ? "--early-stopping"
                    : o->reduce_lr && strcmp(o->reduce_lr, "none") != 0         ? "--reduce-lr"
                    : o->save_best_only                                         ? "--save-best-only"
                                                                                : NULL;
  if (who) command_error(COMMAND_OK, "there is no validation: %s watches the loss of training", who);
}

static int fit_part(train_run *run) {
  const bool appends = run->part > 0 && !run->o.resume;
  const int32_t epochs = run->epochs[run->part] - (run->part ? run->epochs[0] : 0);
  const learning_span span = {epochs, train_steps(run)};
  int status = learning_make_schedule(&run->learning, &run->o, span);
  if (status == COMMAND_OK)
    status = learning_make_callbacks(&run->learning, &run->o, run->data.validation != NULL, appends);
  if (status) return status;
  const fv_fit_options options = fit_options(run);
  const fv_status failed = fv_fit(run->network.model, &options, &run->histories[run->part]);
  progress_rest(&run->progress);
  return failed ? fail_training(run, failed) : COMMAND_OK;
}

static int open_second_part(train_run *run) {
  const int status = train_choose_second_part(run);
  if (status) return status;
  if (run->progress.is_json || command_quiet()) return COMMAND_OK;
  puts("\nThe head has learnt; now the last layers learn with it, slowly.");
  return COMMAND_OK;
}

/* A backup of the second part has fewer frozen layers than the first part's model. */
static int find_part(train_run *run) {
  if (!run->in_two_parts || !run->o.resume) return COMMAND_OK;
  fv_model *saved = NULL;
  const fv_status failed = fv_model_load(&saved, run->o.resume, &(fv_model_load_options){.without_weights = true});
  if (failed) return command_fail(failed);
  const int64_t learnt = fv_model_trainable_parameters(saved);
  fv_model_destroy(saved);
  return learnt == fv_model_trainable_parameters(run->network.model) ? COMMAND_OK : open_second_part(run);
}

static void on_cells(void *context, const fv_self_organized *told) {
  const train_run *run = context;
  if (run->progress.is_json)
    printf("{\"event\":\"self_organized\",\"layer\":\"%s\",\"planes\":%" PRId32 ",\"used\":%" PRId32
           ",\"reinforced\":%" PRId64 "}\n",
           told->layer, told->planes, told->used, told->reinforced);
  else if (!command_quiet())
    printf("%s: %" PRId32 " of %" PRId32 " planes have found a feature in %" PRId64 " pictures\n", told->layer,
           told->used, told->planes, told->samples);
}

/* S cells learn without a teacher, before what reads them learns with one. A backup has what they know. */
static int self_organize(train_run *run) {
  if (!run->o.self_organize || run->o.resume || !fv_model_self_organizes(run->network.model)) return COMMAND_OK;
  const fv_status failed = fv_self_organize(run->network.model, run->data.training,
                                            &(fv_self_organize_options){.samples = run->o.self_organize,
                                                                        .seed = (uint64_t)run->o.seed,
                                                                        .threads = run->o.speed.threads,
                                                                        .on_layer = on_cells,
                                                                        .should_stop = should_stop,
                                                                        .context = run});
  if (failed == FV_ERROR_STOPPED && interrupt_came())
    return command_error(COMMAND_STOPPED, "stopped; there is no backup to go on from");
  return failed ? command_fail(failed) : COMMAND_OK;
}

static int fit(train_run *run) {
  interrupt_listen();
  tell_watched(run);
  int status = self_organize(run);
  if (status == COMMAND_OK) status = find_part(run);
  if (status == COMMAND_OK) status = fit_part(run);
  if (status || !run->in_two_parts || run->part) return status;
  status = open_second_part(run);
  run->o.resume = NULL;
  return status ? status : fit_part(run);
}

/* ---- the search for a rate */

/* Every fifth of 100 steps, as they are made. */
static void on_rate(void *context, int32_t index, int32_t steps, double rate, double loss) {
  const train_run *run = context;
  if (run->progress.is_json || index % (steps > 20 ? steps / 20 : 1)) return;
  if (!index) puts("      rate      loss");
  printf("%10.3g %9.4f\n", rate, loss);
  fflush(stdout);
}

static int find_rate(train_run *run) {
  fv_rate_search search;
  const fv_find_rate_options how = {.on_step = on_rate, .context = run};
  interrupt_listen();
  const fv_fit_options options = fit_options(run);
  if (!run->progress.is_json && !command_quiet()) {
    puts("Steps with a rate that grows from one to the next; the weights are put back, and no model is written.");
    fflush(stdout);
  }
  const fv_status failed = fv_find_rate(&search, run->network.model, &options, &how);
  if (failed) return failed == FV_ERROR_STOPPED ? command_error(COMMAND_STOPPED, "stopped") : command_fail(failed);
  if (run->progress.is_json) {
    fputs("{\"rates\":[", stdout);
    for (int32_t i = 0; i < search.count; i++) printf("%s%.6g", i ? "," : "", search.rates[i]);
    fputs("],\"losses\":[", stdout);
    for (int32_t i = 0; i < search.count; i++)
      printf(isfinite(search.losses[i]) ? "%s%.6g" : "%snull", i ? "," : "", search.losses[i]);
    printf("],\"steepest\":");
    printf(isfinite(search.steepest) ? "%.6g" : "null", search.steepest);
    puts("}");
  } else {
    if (isfinite(search.steepest))
      printf("the loss falls fastest at %.2g: try --learning-rate %.1g\n", search.steepest, search.steepest);
    else
      puts("the loss never falls: look at the data, or at how pictures are fed");
  }
  fv_rate_search_destroy(&search);
  return COMMAND_OK;
}

/* ---- the end */

static int save(const train_run *run) {
  const train_options *o = &run->o;
  const bool ended_early = run->histories[run->part].ended_early;
  if (o->output) {
    const fv_status failed = fv_model_save(run->network.model, o->output, NULL);
    if (failed) return command_fail_output(failed);
  }
  if (run->backup_is_ours && run->backup[0]) unlink(run->backup);
  if (run->progress.is_json) {
    printf("{\"event\":\"train.end\",\"reason\":\"%s\",\"output\":", ended_early ? "early_stopping" : "done");
    if (o->output)
      output_json(o->output);
    else
      fputs("null", stdout);
    puts("}");
  } else if (o->output && !command_quiet()) {
    output_plain(o->output);
    printf(": the trained model; `fovea %s` and `fovea evaluate` take it as it is\n", o->task == TASK_DETECT ? "detect"
                                                                                      : o->task == TASK_SEGMENT
                                                                                          ? "segment"
                                                                                          : "predict");
  }
  return COMMAND_OK;
}

static int open_task(train_run *run, const char *data) {
  if (run->o.task != TASK_SEGMENT && (run->o.masks || run->o.ignore))
    return command_usage("--masks and --ignore are for --task segment");
  if (run->o.task == TASK_DETECT) return train_detection_open(run, data);
  if (run->o.task == TASK_SEGMENT) return train_segmentation_open(run, data);
  const int status = train_data_open(&run->data, &run->o, data);
  return status ? status : train_model_make(&run->network, &run->o, run->data.training);
}

static int train(train_run *run, const char *data) {
  const train_options *o = &run->o;
  int status = open_task(run, data);
  if (status == COMMAND_OK) status = train_choose(run);
  if (status == COMMAND_OK && o->save_recipe) status = output_path_make_folders("save-recipe", o->save_recipe);
  if (status == COMMAND_OK && o->save_recipe) status = recipe_write(&run->recipe, o->save_recipe);
  if (status == COMMAND_OK && !o->find_lr) status = train_make_folders(o);
  if (status) return status;
  if (o->find_lr) return find_rate(run);
  train_explore watch;
  status = train_explore_begin(&watch, &run->o);
  if (status == COMMAND_OK) status = fit(run);
  if (status == COMMAND_OK) status = save(run);
  train_explore_end(&watch, run->network.model, status == COMMAND_OK);
  const int drawn = run->histories[0].epoch_count ? train_plot_draw(run) : COMMAND_OK;
  return status ? status : drawn;
}

static void end(train_run *run) {
  for (int part = 0; part < TRAIN_PARTS; part++) fv_fit_history_destroy(&run->histories[part]);
  learning_free(&run->learning);
  free(run->class_weights);
  train_detection_close(&run->detection);
  train_segmentation_close(&run->segmentation);
  fv_model_destroy(run->network.model);
  train_data_close(&run->data);
  recipe_free(&run->recipe);
  free(run);
}

/* The recipe's data, unless the command line names others. */
static int collect(train_run *run, const char **data, int argument_count, char **arguments) {
  const bool has_recipe = argument_count && recipe_is_one(arguments[0]);
  if (argument_count > 1 + has_recipe)
    return command_usage("train takes one set of data, found %d arguments", argument_count);
  int status = recipe_collect(&run->recipe, &run->o, has_recipe ? arguments[0] : NULL);
  if (status) return status;
  if (argument_count > has_recipe) {
    free(run->recipe.data);
    run->recipe.data = strdup(arguments[has_recipe]);
  }
  *data = run->recipe.data;
  return *data ? COMMAND_OK : command_usage("train needs data; `fovea help train` shows how");
}

static int run_command(void *options, int argument_count, char **arguments) {
  (void)options; /* read again with the recipe under them */
  const char *data = NULL;
  train_run *run = calloc(1, sizeof *run);
  if (!run) return command_error(COMMAND_RESOURCES, "no memory for the options");
  int status = collect(run, &data, argument_count, arguments);
  if (status == COMMAND_OK) status = speed_check(&run->o.speed);
  if (status == COMMAND_OK) status = train_check(&run->o);
  if (status == COMMAND_OK) status = train_standardise_read(run);
  if (status == COMMAND_OK) status = learning_read(&run->learning, &run->o);
  name_backup(run);
  run->progress = progress_create(&run->o);
  if (status == COMMAND_OK) status = train(run, data);
  end(run);
  return status;
}

const fv_command command_train = {
    .name = "train",
    .arguments = "DATA|RECIPE.json",
    .help = "make a classifier of pictures: a folder of folders, CSV, IDX (MNIST), CIFAR-10, .npz",
    .examples =
        "fovea train flowers -o flowers.keras\n"
        "fovea train mnist -o digits.keras --plot curves.png\n"
        "fovea train flowers -o f.keras --model VGG16 --head \"flatten dense:1024:relu dropout:0.5 dense:1024:relu\"\n"
        "  --freeze 5 --optimizer sgd --learning-rate 1e-4 --momentum 0.9 --rescale 1/255 --epochs 50 --batch-size 16\n"
        "  --augment \"horizontal_flip rotation=30 zoom=0.3 width_shift=0.3 height_shift=0.3\" --early-stopping "
        "patience=10\n"
        "fovea train mnist -o digits.keras --resume digits.backup.h5\n"
        "fovea train VOC --task detect --model SSDLite -o cells.keras\n"
        "fovea train nuclei --task segment --model UNet -o nuclei.keras",
    .options = train_option_table,
    .options_size = sizeof(train_options),
    .shortcuts = "o=output,m=model,e=epochs,b=batch_size,j=threads,f=format",
    .run = run_command,
};
