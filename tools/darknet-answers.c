/* darknet-answers CFG WEIGHTS INPUT OUTPUT BOXES THRESHOLD: what libdarknet itself answers, for tools/check-darknet.
 *
 * INPUT holds float32 numbers, channel by channel. OUTPUT receives the numbers of every layer before a [yolo], or of
 * the last layer; BOXES a line "class probability x y width height" for all that is likelier than THRESHOLD, in pixels
 * of the network's input, before any suppression.
 */
#include <darknet.h>

static void write_floats(FILE *file, const float *values, int count) {
  if (fwrite(values, sizeof *values, (size_t)count, file) != (size_t)count) exit(1);
}

static int write_maps(FILE *file, const network *net) {
  int maps = 0;
  for (int i = 0; i < net->n; i++)
    if (net->layers[i].type == YOLO) {
      write_floats(file, net->layers[i - 1].output, net->layers[i - 1].outputs);
      maps++;
    }
  return maps;
}

static void write_boxes(FILE *file, network *net, float threshold) {
  int count = 0;
  detection *found = get_network_boxes(net, net->w, net->h, threshold, 0.5F, NULL, 0, &count);
  for (int i = 0; i < count; i++)
    for (int c = 0; c < found[i].classes; c++)
      if (found[i].prob[c] > 0)
        fprintf(file, "%d %.9g %.9g %.9g %.9g %.9g\n", c, (double)found[i].prob[c], (double)found[i].bbox.x,
                (double)found[i].bbox.y, (double)found[i].bbox.w, (double)found[i].bbox.h);
  free_detections(found, count);
}

int main(int count, char **arguments) {
  if (count != 7) return 2;
  network *net = load_network(arguments[1], arguments[2], 0);
  set_batch_network(net, 1);
  float *input = calloc((size_t)net->inputs, sizeof *input);
  FILE *in = fopen(arguments[3], "rb"), *out = fopen(arguments[4], "wb"), *boxes = fopen(arguments[5], "w");
  if (!in || !out || !boxes || fread(input, sizeof *input, (size_t)net->inputs, in) != (size_t)net->inputs) return 1;
  network_predict(net, input);
  if (write_maps(out, net))
    write_boxes(boxes, net, strtof(arguments[6], NULL));
  else
    write_floats(out, get_network_output_layer(net).output, get_network_output_layer(net).outputs);
  return fclose(in) || fclose(out) || fclose(boxes);
}
