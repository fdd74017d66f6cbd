import {
  type Codec,
  checkProperty,
  type ObjectSchema,
  problem,
  propertiesOf,
  unmappedValue,
  valuesOf,
} from './codec.ts';

interface Stages {
  readonly pipeline: string;
  readonly stage: string;
  /** Words by pipeline and stage. */
  readonly pipelines: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A field whose words are stages of pipelines. A record stays in its pipeline. */
export function stagesOf(field: string, { pipeline, stage, pipelines }: Stages): Codec {
  const stageOf = (inPipeline: string, word: unknown) =>
    Object.entries(pipelines[inPipeline] ?? {}).find(([, each]) => each === word)?.[0];
  return {
    fields: [field],
    properties: [pipeline, stage],
    read: (properties) => {
      const [in_, at] = [properties[pipeline] ?? '', properties[stage] ?? ''];
      const words = Object.hasOwn(pipelines, in_) ? pipelines[in_] : undefined;
      const word = words !== undefined && Object.hasOwn(words, at) ? words[at] : undefined;
      return word === undefined ? problem(field, stage, `${in_}/${at}`) : valuesOf({ [field]: word });
    },
    writeNeeds: [pipeline],
    write: (values, present) => {
      const word = values[field];
      if (present !== null) {
        const found = stageOf(present[pipeline] ?? '', word);
        return found === undefined ? unmappedValue(field, word) : propertiesOf({ [stage]: found });
      }
      const first = Object.keys(pipelines).find((each) => stageOf(each, word) !== undefined);
      if (first === undefined) return unmappedValue(field, word);
      return propertiesOf({ [pipeline]: first, [stage]: stageOf(first, word) as string });
    },
    check: (schema) => [
      ...checkProperty(schema, pipeline),
      ...checkProperty(schema, stage),
      ...checkPipelines(schema, pipelines),
    ],
  };
}

function checkPipelines(schema: ObjectSchema, mapped: Stages['pipelines']): readonly string[] {
  const problems: string[] = [];
  for (const [pipeline, stages] of schema.pipelines) {
    const words = Object.hasOwn(mapped, pipeline) ? mapped[pipeline] : undefined;
    if (words === undefined) {
      problems.push(
        `the pipeline "${pipeline}" with the stages ${[...stages.keys()].join(', ')} has no words`,
      );
      continue;
    }
    for (const [stage, label] of stages) {
      if (!Object.hasOwn(words, stage)) {
        problems.push(`the stage "${stage}" (${label}) of the pipeline "${pipeline}" has no word`);
      }
    }
  }
  for (const [pipeline, words] of Object.entries(mapped)) {
    const stages = schema.pipelines.get(pipeline);
    if (stages === undefined) {
      problems.push(`there is no pipeline "${pipeline}"`);
      continue;
    }
    const unknown = Object.keys(words).filter((stage) => !stages.has(stage));
    problems.push(...unknown.map((stage) => `the pipeline "${pipeline}" has no stage "${stage}"`));
  }
  return problems;
}
