import type { Construct } from 'constructs';
import type { Configuration } from './configuration/schema';
import { FunctionRoles } from './constructs/function-roles';
import { MemberRole } from './constructs/member-role';
import { OrganizationStackSet } from './constructs/organization-stack-set';
import { embeddedTemplate } from './embedded-template';
import { MEMBER_STACK_SET } from './names';
import { entersAccounts } from './permissions';
import { ProjectStack } from './project-stack';

/** Who may do what: the roles of the functions, and the role in every account that trusts them. */
export class AccessStack extends ProjectStack {
  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id, configuration, {
      description: "ecr-encryption: the functions' roles, and the role in every account of the organization",
    });
    const roles = new FunctionRoles(this, 'Roles', configuration);
    if (!entersAccounts(configuration)) {
      return;
    }
    const stackSet = new OrganizationStackSet(this, 'MemberRoles', configuration, {
      stackSetName: MEMBER_STACK_SET,
      description: `The role ${configuration.memberRole.name}, which ecr-encryption of account ${configuration.home.account} assumes`,
      region: configuration.home.region,
      template: embeddedTemplate((stack) => new MemberRole(stack, 'Member', configuration)),
    });
    // A trust policy cannot name a role that does not exist yet.
    stackSet.node.addDependency(roles);
  }
}
