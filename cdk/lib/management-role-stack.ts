import type { Construct } from 'constructs';
import type { Configuration } from './configuration/schema';
import { MemberRole } from './constructs/member-role';
import { ProjectStack } from './project-stack';

/** The role of every account, in the management account, which StackSets leave out. */
export class ManagementRoleStack extends ProjectStack {
  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id, configuration, {
      description: 'ecr-encryption: the role in the management account, which StackSets leave out',
      account: configuration.organization?.managementAccount,
    });
    new MemberRole(this, 'Member', configuration);
  }
}
