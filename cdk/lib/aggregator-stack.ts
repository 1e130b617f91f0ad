import type { Construct } from 'constructs';
import type { Configuration } from './configuration/schema';
import { Aggregator } from './constructs/aggregator';
import { aggregatorRole } from './constructs/function-roles';
import { ProjectStack } from './project-stack';

/** The scan of the organization, with its report. */
export class AggregatorStack extends ProjectStack {
  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id, configuration, { description: 'ecr-encryption: the scan, its report, and who is told' });
    new Aggregator(this, 'Aggregator', configuration, aggregatorRole(this, configuration));
  }
}
