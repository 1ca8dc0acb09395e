// The training page's texts, English and simplified Chinese side by side.
import { sayFrom } from '../text/say';

const pairs = <Table extends Record<string, readonly [english: string, chinese: string]>>(made: Table): Table => made;

export const trainTable = pairs({
  none: ['No training is watched. These commands let one be seen here:', '没有正在观察的训练。以下命令可在此观察：'],
  noneWrite: ['write a log while training', '训练时写日志'],
  noneWatch: ['watch that log, also while it grows', '观察该日志（写入过程中也可以）'],
  noneBoth: ['both at once', '两者合一'],
  waiting: ['{log} is watched; it has no steps yet.', '正在观察 {log}，尚无数据。'],
  log: ['Log {log}', '日志 {log}'],
  state: ['step {step}, epoch {epoch}', '第 {step} 步，第 {epoch} 轮'],
  live: ['growing', '更新中'],
  still: ['no step for {seconds} s', '{seconds} 秒没有新数据'],
  speed: ['{speed} pictures a second', '每秒 {speed} 张图像'],
  rate: ['learning rate {rate}', '学习率 {rate}'],
  best: ['best {value} at epoch {epoch}', '最佳 {value}，第 {epoch} 轮'],
  patience: ['patience: {left} more epochs without a better one end it', '耐心：再有 {left} 轮没有改进即停止'],
  badLines: ['{count} lines of the log are no events', '日志中有 {count} 行不是事件'],
  loss: ['Loss', '损失'],
  accuracy: ['Accuracy', '准确率'],
  learning_rate: ['Learning rate', '学习率'],
  steps: ['each step', '每一步'],
  epochs: ['training, epoch', '训练，每轮'],
  validation: ['validation', '验证'],
  step: ['step', '步'],
  epoch: ['epoch', '轮'],
  seconds: ['seconds', '秒'],
  axis: ['Across', '横轴'],
  'axis.step': ['step', '步'],
  'axis.epoch': ['epoch', '轮'],
  'axis.time': ['seconds', '秒'],
  smooth: ['Smoothing', '平滑'],
  others: ['Compare with…', '对比…'],
  'others.title': ['Logs of other trainings on this computer (.jsonl), drawn behind this one', '把本机上其他训练的日志（.jsonl）画在后面'],
  'others.none': ['This one alone', '只看这一个'],
  logScale: ['loss on a logarithmic scale', '损失用对数坐标'],
  nothing: ['The log has no such number.', '日志中没有该数值。'],
  summary: ['{name}: first {first}, now {last}, lowest {low} at {step} {lowAt}, highest {high} at {step} {highAt}.', '{name}：最初 {first}，当前 {last}，最低 {low}（{step} {lowAt}），最高 {high}（{step} {highAt}）。'],
  table: ['Epochs as a table', '各轮数据表'],
  warnings: ['Warnings', '警告'],
  'warn.nan': ['The loss is not a number from step {step} on: the learning rate may be too high.', '从第 {step} 步起损失不是数：学习率可能过高。'],
  'warn.still': ['The gradient is 0 since step {step}: nothing is learned any more. Dead activations, or a loss that is flat there.', '从第 {step} 步起梯度为 0，不再学习：激活值失活，或损失在此处平坦。'],
  'warn.plateau': ['The validation loss has not been lower for {count} epochs.', '验证损失已有 {count} 轮没有降低。'],
  'warn.gap': ['The validation loss ({validation}) is well above that of training ({training}): the network learns by heart.', '验证损失（{validation}）明显高于训练损失（{training}）：网络在死记训练数据。'],
});

export const sayTrain = sayFrom(trainTable);
