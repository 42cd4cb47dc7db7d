# What CI may do, service by service. Everything of an environment is called <project>-<environment>-*, and what has a
# random id instead of a name carries the environment in its tags. Where AWS can hold a call to neither, a comment says so.

locals {
  # Addresses of what belongs to each environment.
  ci = {
    for name, region in local.environments : name => {
      name    = "${local.project}-${name}"
      region  = region
      account = data.aws_caller_identity.current.account_id
      arn     = "arn:${data.aws_partition.current.partition}"
      here    = "${region}:${data.aws_caller_identity.current.account_id}"
    }
  }

  ci_arns = {
    for name, at in local.ci : name => {
      alarms          = "${at.arn}:cloudwatch:${at.here}:alarm:${at.name}-*"
      api_tags        = "${at.arn}:apigateway:${at.region}::/tags/*"
      apis            = "${at.arn}:apigateway:${at.region}::/apis/*"
      api_domains     = "${at.arn}:apigateway:${at.region}::/domainnames/*"
      budgets         = "${at.arn}:budgets::${at.account}:budget/${at.name}*"
      buckets         = "${at.arn}:s3:::${at.name}-*"
      cache_policies  = "${at.arn}:cloudfront::${at.account}:cache-policy/*"
      cf_functions    = "${at.arn}:cloudfront::${at.account}:function/${at.name}-*"
      dashboards      = "${at.arn}:cloudwatch::${at.account}:dashboard/${at.name}*"
      distributions   = "${at.arn}:cloudfront::${at.account}:distribution/*"
      event_rules     = "${at.arn}:events:${at.here}:rule/${at.name}-*"
      executions      = "${at.arn}:states:${at.here}:execution:${at.name}-*"
      functions       = "${at.arn}:lambda:${at.here}:function:${at.name}-*"
      firewalls       = "${at.arn}:wafv2:us-east-1:${at.account}:global/webacl/*"
      header_policies = "${at.arn}:cloudfront::${at.account}:response-headers-policy/*"
      key_aliases     = "${at.arn}:kms:${at.here}:alias/${at.name}*"
      keys            = "${at.arn}:kms:${at.here}:key/*"
      log_groups      = [for kind in ["lambda", "vendedlogs/apigateway", "vendedlogs/states"] : "${at.arn}:logs:${at.here}:log-group:/aws/${kind}/${at.name}-*"]
      machines        = "${at.arn}:states:${at.here}:stateMachine:${at.name}-*"
      mappings        = "${at.arn}:lambda:${at.here}:event-source-mapping:*"
      origin_access   = "${at.arn}:cloudfront::${at.account}:origin-access-control/*"
      roles           = "${at.arn}:iam::${at.account}:role/${at.name}-*"
      streams         = "${at.arn}:kinesis:${at.here}:stream/${at.name}-*"
      tables          = "${at.arn}:dynamodb:${at.here}:table/${at.name}-*"
      topics          = "${at.arn}:sns:${at.here}:${at.name}-*"
      user_pools      = "${at.arn}:cognito-idp:${at.here}:userpool/*"

      # As modules/ci-roles names it.
      boundary = "${at.arn}:iam::${at.account}:policy/${at.name}-boundary"

      # As `retailctl` names it.
      state = "${module.state.arn}/${local.project}/${name}/terraform.tfstate"

      # As `retailctl` keeps them.
      builds = "${module.state.arn}/builds/${name}/*"
    }
  }

  # Conditions: of the environment by its tags, made with them, and never given to or taken from another.
  ci_tagged = {
    for name in keys(local.ci) : name => {
      is = [
        { test = "StringEquals", variable = "aws:ResourceTag/Project", values = [local.project] },
        { test = "StringEquals", variable = "aws:ResourceTag/Environment", values = [name] },
      ]
      becomes = [
        { test = "StringEquals", variable = "aws:RequestTag/Project", values = [local.project] },
        { test = "StringEquals", variable = "aws:RequestTag/Environment", values = [name] },
      ]
      # Tags are changed one by one: what is not given stays.
      may_become = [
        { test = "StringEqualsIfExists", variable = "aws:RequestTag/Project", values = [local.project] },
        { test = "StringEqualsIfExists", variable = "aws:RequestTag/Environment", values = [name] },
      ]
      # Those by which the environment is known are not taken away.
      keeps = [
        { test = "ForAllValues:StringNotEquals", variable = "aws:TagKeys", values = ["Environment", "Project"] },
        { test = "Null", variable = "aws:TagKeys", values = ["false"] },
      ]
      # As a resource is made it has no tags yet, and those of a new key decide nothing for up to five minutes:
      # docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html. What has none is not protected by them, either.
      is_or_has_none = [
        { test = "StringEqualsIfExists", variable = "aws:ResourceTag/Project", values = [local.project] },
        { test = "StringEqualsIfExists", variable = "aws:ResourceTag/Environment", values = [name] },
      ]
    }
  }

  ci_standing_generations = [{ test = "ForAllValues:StringEquals", variable = "dynamodb:LeadingKeys", values = ["generations"] }]

  # The state: both roles read it and hold its lock; who applies writes it.
  ci_state = {
    for name, at in local.ci_arns : name => {
      read = {
        find_state   = { actions = ["s3:ListBucket"], resources = [module.state.arn], conditions = [] }
        read_state   = { actions = ["s3:GetObject"], resources = [at.state, "${at.state}.tflock"], conditions = [] }
        hold_lock    = { actions = ["s3:DeleteObject", "s3:PutObject"], resources = ["${at.state}.tflock"], conditions = [] }
        see_boundary = { actions = ["iam:GetPolicy"], resources = [at.boundary], conditions = [] }
        state_key = {
          # The lock is encrypted too.
          actions    = ["kms:Decrypt", "kms:GenerateDataKey"]
          resources  = [module.key.arn]
          conditions = [{ test = "StringEquals", variable = "kms:ViaService", values = ["s3.${var.region}.amazonaws.com"] }]
        }
      }
      write = {
        write_state = { actions = ["s3:PutObject"], resources = [at.state], conditions = [] }
        # What was applied is kept for a rollback.
        keep_builds = { actions = ["s3:GetObject", "s3:PutObject"], resources = [at.builds], conditions = [] }
      }
    }
  }

  # What has a random id is read whosever it is: a thing that was deleted has no tags any more, and a plan has to see that it
  # is gone. Only configurations are read, and no data.
  ci_reads = {
    for name, at in local.ci_arns : name => {
      data = {
        read_streams = {
          actions   = ["kinesis:DescribeStream", "kinesis:DescribeStreamConsumer", "kinesis:DescribeStreamSummary", "kinesis:ListTagsForResource", "kinesis:ListTagsForStream"]
          resources = [at.streams], conditions = []
        }
        read_tables = {
          actions = [
            "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeContributorInsights", "dynamodb:DescribeTable",
            "dynamodb:DescribeTimeToLive", "dynamodb:GetResourcePolicy", "dynamodb:ListTagsOfResource",
          ]
          resources = [at.tables], conditions = []
        }
        read_buckets = {
          actions = [
            "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging",
            "s3:GetBucketNotification", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning",
            "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration",
            "s3:ListBucket", "s3:ListBucketVersions",
          ]
          resources = [at.buckets], conditions = []
        }
        read_key = {
          actions   = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
          resources = [at.keys], conditions = []
        }
        # One item is Terraform's own (terraform/app/redrives.tf): it is all that is ever read of a table.
        read_standing_generations = {
          actions    = ["dynamodb:GetItem"]
          resources  = ["${trimsuffix(at.tables, "*")}redrives"]
          conditions = local.ci_standing_generations
        }
        # Without it Lambda tells no plan what a function's environment is, Step Functions what a machine does, nor DynamoDB what
        # that item says.
        read_encrypted_settings = {
          actions   = ["kms:Decrypt"]
          resources = [at.keys]
          conditions = concat(local.ci_tagged[name].is, [
            { test = "StringEquals", variable = "kms:ViaService", values = [for service in ["dynamodb", "lambda", "states"] : "${service}.${local.ci[name].region}.amazonaws.com"] },
          ])
        }
        # None of these is held to a resource by AWS, but the key that DynamoDB keeps itself, which the provider asks for.
        list = {
          actions   = ["kinesis:DescribeLimits", "kms:ListAliases", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "sts:GetCallerIdentity"]
          resources = ["*"], conditions = []
        }
        find_own_key_of_dynamodb = { actions = ["kms:DescribeKey"], resources = ["${local.ci[name].arn}:kms:${local.ci[name].here}:alias/aws/dynamodb"], conditions = [] }
      }
      compute = {
        read_functions = {
          actions = [
            "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConcurrency",
            "lambda:GetFunctionConfiguration", "lambda:GetFunctionEventInvokeConfig", "lambda:GetPolicy",
            "lambda:GetProvisionedConcurrencyConfig", "lambda:ListAliases", "lambda:ListTags", "lambda:ListVersionsByFunction",
          ]
          resources = [at.functions], conditions = []
        }
        read_mappings = { actions = ["lambda:GetEventSourceMapping", "lambda:ListTags"], resources = [at.mappings], conditions = [] }
        read_roles = {
          actions = [
            "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies",
            "iam:ListRoleTags",
          ]
          resources = [at.roles], conditions = []
        }
        read_machines = {
          actions = [
            "states:DescribeStateMachine", "states:DescribeStateMachineAlias", "states:ListStateMachineAliases", "states:ListStateMachineVersions",
            "states:ListTagsForResource",
          ]
          resources = [at.machines], conditions = []
        }
        # A definition is looked at before it is a machine's: github.com/DataBiosphere/azul/issues/8006.
        check_definitions = { actions = ["states:ValidateStateMachineDefinition"], resources = ["${local.ci[name].arn}:states:${local.ci[name].here}:stateMachine:*"], conditions = [] }
        read_event_rules  = { actions = ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"], resources = [at.event_rules], conditions = [] }
        read_apis         = { actions = ["apigateway:GET"], resources = [at.apis, at.api_domains], conditions = [] }
        read_logs         = { actions = ["logs:ListTagsForResource", "logs:ListTagsLogGroup"], resources = at.log_groups, conditions = [] }
      }
      edge = {
        read_distribution = { actions = ["cloudfront:GetDistribution", "cloudfront:ListTagsForResource"], resources = [at.distributions], conditions = [] }
        # CloudFront's policies have neither names in their ARNs nor tags: those of all projects can be read.
        read_cloudfront_policies = {
          actions = [
            "cloudfront:DescribeFunction", "cloudfront:GetCachePolicy", "cloudfront:GetFunction", "cloudfront:GetOriginAccessControl",
            "cloudfront:GetResponseHeadersPolicy",
          ]
          resources = [at.cache_policies, at.cf_functions, at.header_policies, at.origin_access], conditions = []
        }
        read_user_pool = {
          actions = [
            "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetGroup", "cognito-idp:GetUserPoolMfaConfig",
            "cognito-idp:ListTagsForResource",
          ]
          resources = [at.user_pools], conditions = []
        }
        read_alarms     = { actions = ["cloudwatch:ListTagsForResource"], resources = [at.alarms], conditions = [] }
        read_dashboards = { actions = ["cloudwatch:GetDashboard"], resources = [at.dashboards], conditions = [] }
        read_topics     = { actions = ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"], resources = [at.topics], conditions = [] }
        read_budgets    = { actions = ["budgets:ListTagsForResource", "budgets:ViewBudget"], resources = [at.budgets], conditions = [] }
        # AWS holds the last to no resource; alarms are asked for by name, and a canary's rollback looks at several at once.
        list = { actions = ["cloudwatch:DescribeAlarms", "sns:GetSubscriptionAttributes"], resources = ["*"], conditions = [] }
      }
    }
  }

  ci_writes = {
    for name, at in local.ci_arns : name => {
      data = {
        write_streams = {
          actions = [
            "kinesis:AddTagsToStream", "kinesis:CreateStream", "kinesis:DecreaseStreamRetentionPeriod", "kinesis:DeleteStream",
            "kinesis:DeregisterStreamConsumer", "kinesis:DisableEnhancedMonitoring", "kinesis:EnableEnhancedMonitoring",
            "kinesis:IncreaseStreamRetentionPeriod", "kinesis:RegisterStreamConsumer", "kinesis:RemoveTagsFromStream", "kinesis:StopStreamEncryption", "kinesis:TagResource", "kinesis:UntagResource",
            "kinesis:UpdateShardCount", "kinesis:UpdateStreamMode",
          ]
          resources = [at.streams], conditions = []
        }
        # AWS asks for it on the stream and on the key.
        encrypt_streams = { actions = ["kinesis:StartStreamEncryption"], resources = [at.keys, at.streams], conditions = [] }
        write_tables = {
          actions = [
            "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource",
            "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
          ]
          resources = [at.tables], conditions = []
        }
        write_standing_generations = {
          actions    = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
          resources  = ["${trimsuffix(at.tables, "*")}redrives"]
          conditions = local.ci_standing_generations
        }
        write_buckets = {
          actions = [
            "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketCORS", "s3:PutBucketNotification",
            "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging",
            "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
          ]
          resources = [at.buckets], conditions = []
        }
        # The page's files, and emptying the buckets of an environment that is disposable.
        write_objects = {
          actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"]
          resources = ["${at.buckets}/*"], conditions = []
        }
        make_key        = { actions = ["kms:CreateKey"], resources = ["*"], conditions = local.ci_tagged[name].becomes }
        tag_key         = { actions = ["kms:TagResource"], resources = [at.keys], conditions = concat(local.ci_tagged[name].becomes, local.ci_tagged[name].is_or_has_none) }
        change_key_tags = { actions = ["kms:TagResource"], resources = [at.keys], conditions = concat(local.ci_tagged[name].is, local.ci_tagged[name].may_become) }
        take_key_tags   = { actions = ["kms:UntagResource"], resources = [at.keys], conditions = concat(local.ci_tagged[name].is, local.ci_tagged[name].keeps) }
        write_key = {
          actions = [
            "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DisableKey", "kms:EnableKey", "kms:EnableKeyRotation",
            "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:UpdateAlias", "kms:UpdateKeyDescription",
          ]
          resources = [at.keys], conditions = local.ci_tagged[name].is_or_has_none
        }
        # AWS asks for these on the alias and on the key.
        name_key = { actions = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"], resources = [at.key_aliases], conditions = [] }
        # Services take what they encrypt with from who makes the resource: they use the key on that behalf, and never a call of ours.
        # What DynamoDB asks for: docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html.
        use_key = {
          actions = [
            "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo",
          ]
          resources = [at.keys]
          conditions = concat(local.ci_tagged[name].is_or_has_none, [{
            test     = "StringEquals"
            variable = "kms:ViaService"
            values   = [for service in ["dynamodb", "kinesis", "lambda", "s3", "states"] : "${service}.${local.ci[name].region}.amazonaws.com"]
          }])
        }
      }
      compute = {
        write_functions = {
          actions = [
            "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteAlias", "lambda:DeleteFunction",
            "lambda:DeleteFunctionConcurrency", "lambda:DeleteFunctionEventInvokeConfig", "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:PublishVersion", "lambda:PutFunctionConcurrency", "lambda:PutFunctionEventInvokeConfig",
            "lambda:PutProvisionedConcurrencyConfig", "lambda:RemovePermission", "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateAlias", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
            "lambda:UpdateFunctionEventInvokeConfig",
          ]
          resources = [at.functions], conditions = []
        }
        make_mappings = {
          actions    = ["lambda:CreateEventSourceMapping"]
          resources  = ["*"]
          conditions = [{ test = "ArnLike", variable = "lambda:FunctionArn", values = [at.functions] }]
        }
        write_mappings = {
          actions    = ["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
          resources  = [at.mappings]
          conditions = [{ test = "ArnLike", variable = "lambda:FunctionArn", values = [at.functions] }]
        }
        tag_mappings        = { actions = ["lambda:TagResource"], resources = [at.mappings], conditions = concat(local.ci_tagged[name].becomes, local.ci_tagged[name].is_or_has_none) }
        change_mapping_tags = { actions = ["lambda:TagResource"], resources = [at.mappings], conditions = concat(local.ci_tagged[name].is, local.ci_tagged[name].may_become) }
        take_mapping_tags   = { actions = ["lambda:UntagResource"], resources = [at.mappings], conditions = concat(local.ci_tagged[name].is, local.ci_tagged[name].keeps) }
        # Only with the boundary: no role can do more than that, whatever its policies say.
        make_roles = {
          actions    = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
          resources  = [at.roles]
          conditions = [{ test = "StringEquals", variable = "iam:PermissionsBoundary", values = [at.boundary] }]
        }
        write_roles = {
          actions   = ["iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
          resources = [at.roles], conditions = []
        }
        pass_roles = {
          actions    = ["iam:PassRole"]
          resources  = [at.roles]
          conditions = [{ test = "StringEquals", variable = "iam:PassedToService", values = ["lambda.amazonaws.com", "states.amazonaws.com"] }]
        }
        make_apis = {
          actions    = ["apigateway:POST"]
          resources  = [for kind in ["apis", "domainnames"] : "${local.ci[name].arn}:apigateway:${local.ci[name].region}::/${kind}"]
          conditions = local.ci_tagged[name].becomes
        }
        write_apis = {
          actions   = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"]
          resources = [at.apis, at.api_domains], conditions = local.ci_tagged[name].is
        }
        # Routes, integrations, authorizers and a domain's mappings take no tags, and may not count as tagged like their API:
        # docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html.
        write_parts_of_apis = {
          actions   = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"]
          resources = ["${at.apis}/*", "${at.api_domains}/apimappings", "${at.api_domains}/apimappings/*"], conditions = local.ci_tagged[name].is_or_has_none
        }
        # Beside apigateway:POST: github.com/hashicorp/terraform-provider-aws/issues/20634. AWS's reference does not list the
        # action, so no condition key of it is certain to be there.
        tag_stages = {
          actions    = ["apigateway:TagResource"]
          resources  = ["${at.apis}/stages", "${at.apis}/stages/*"]
          conditions = concat(local.ci_tagged[name].is_or_has_none, local.ci_tagged[name].may_become)
        }
        # AWS holds these to the tags that are given or taken, and not to those that are there.
        tag_apis      = { actions = ["apigateway:POST", "apigateway:PUT"], resources = [at.api_tags], conditions = local.ci_tagged[name].may_become }
        take_api_tags = { actions = ["apigateway:DELETE"], resources = [at.api_tags], conditions = local.ci_tagged[name].keeps }
        write_logs = {
          actions = [
            "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey",
            "logs:PutRetentionPolicy", "logs:TagLogGroup", "logs:TagResource", "logs:UntagLogGroup", "logs:UntagResource",
          ]
          resources = at.log_groups, conditions = []
        }
        # An API's access log is a delivery, which AWS holds to no resource. A machine's role makes its own.
        deliver_logs = {
          actions = [
            "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
          ]
          resources = ["*"], conditions = []
        }
      }
      # Apart, since IAM takes no larger policies.
      machines = {
        write_machines = {
          actions = [
            "states:CreateStateMachine", "states:CreateStateMachineAlias", "states:DeleteStateMachine", "states:DeleteStateMachineAlias",
            "states:DeleteStateMachineVersion", "states:PublishStateMachineVersion", "states:TagResource", "states:UntagResource",
            "states:UpdateStateMachine", "states:UpdateStateMachineAlias",
          ]
          resources = [at.machines], conditions = []
        }
        write_event_rules = {
          actions   = ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource"]
          resources = [at.event_rules], conditions = []
        }
      }
      edge = {
        make_distribution = { actions = ["cloudfront:CreateDistribution"], resources = [at.distributions], conditions = [] }
        tag_distribution  = { actions = ["cloudfront:TagResource"], resources = [at.distributions], conditions = concat(local.ci_tagged[name].becomes, local.ci_tagged[name].is_or_has_none) }
        write_distribution = {
          actions   = ["cloudfront:CreateInvalidation", "cloudfront:DeleteDistribution", "cloudfront:GetInvalidation", "cloudfront:UpdateDistribution"]
          resources = [at.distributions], conditions = local.ci_tagged[name].is
        }
        # CloudFront takes a web ACL from who may read it.
        read_firewalls = { actions = ["wafv2:GetWebACL"], resources = [at.firewalls], conditions = [] }
        # CloudFront's policies have neither names in their ARNs nor tags: AWS cannot hold these to a project.
        write_cloudfront_policies = {
          actions = [
            "cloudfront:CreateCachePolicy", "cloudfront:CreateResponseHeadersPolicy", "cloudfront:DeleteCachePolicy",
            "cloudfront:DeleteOriginAccessControl", "cloudfront:DeleteResponseHeadersPolicy", "cloudfront:UpdateCachePolicy",
            "cloudfront:UpdateOriginAccessControl", "cloudfront:UpdateResponseHeadersPolicy",
          ]
          resources = [at.cache_policies, at.header_policies, at.origin_access], conditions = []
        }
        make_origin_access = { actions = ["cloudfront:CreateOriginAccessControl"], resources = ["*"], conditions = [] }
        write_cloudfront_functions = {
          actions   = ["cloudfront:CreateFunction", "cloudfront:DeleteFunction", "cloudfront:PublishFunction", "cloudfront:UpdateFunction"]
          resources = [at.cf_functions], conditions = []
        }
        make_user_pool = { actions = ["cognito-idp:CreateUserPool"], resources = ["*"], conditions = local.ci_tagged[name].becomes }
        tag_user_pool  = { actions = ["cognito-idp:TagResource"], resources = [at.user_pools], conditions = concat(local.ci_tagged[name].becomes, local.ci_tagged[name].is_or_has_none) }
        change_tags = {
          actions   = ["cloudfront:TagResource", "cognito-idp:TagResource"]
          resources = [at.distributions, at.user_pools], conditions = concat(local.ci_tagged[name].is, local.ci_tagged[name].may_become)
        }
        take_tags = {
          actions   = ["cloudfront:UntagResource", "cognito-idp:UntagResource"]
          resources = [at.distributions, at.user_pools], conditions = concat(local.ci_tagged[name].is, local.ci_tagged[name].keeps)
        }
        write_user_pool = {
          actions = [
            "cognito-idp:CreateGroup", "cognito-idp:CreateUserPoolClient", "cognito-idp:DeleteGroup", "cognito-idp:DeleteUserPool",
            "cognito-idp:DeleteUserPoolClient", "cognito-idp:SetUserPoolMfaConfig", "cognito-idp:UpdateGroup", "cognito-idp:UpdateUserPool",
            "cognito-idp:UpdateUserPoolClient",
          ]
          resources = [at.user_pools], conditions = local.ci_tagged[name].is
        }
        write_alarms = {
          actions   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
          resources = [at.alarms], conditions = []
        }
        write_dashboards = { actions = ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"], resources = [at.dashboards], conditions = [] }
        write_topics = {
          actions   = ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource"]
          resources = [at.topics], conditions = []
        }
        # AWS holds these to no resource.
        write_subscriptions = { actions = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"], resources = ["*"], conditions = [] }
        write_budgets       = { actions = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"], resources = [at.budgets], conditions = [] }
      }
    }
  }

  ci_plan_policies = {
    for name in keys(local.ci) : name => {
      state   = local.ci_state[name].read
      data    = local.ci_reads[name].data
      compute = local.ci_reads[name].compute
      edge    = local.ci_reads[name].edge
    }
  }

  ci_apply_policies = {
    for name in keys(local.ci) : name => {
      state = merge(local.ci_state[name].read, local.ci_state[name].write)
      # What is encrypted, who applies reads by use_key.
      read-data      = { for key, statement in local.ci_reads[name].data : key => statement if key != "read_encrypted_settings" }
      read-compute   = local.ci_reads[name].compute
      read-edge      = local.ci_reads[name].edge
      write-data     = local.ci_writes[name].data
      write-compute  = local.ci_writes[name].compute
      write-machines = local.ci_writes[name].machines
      write-edge     = local.ci_writes[name].edge
    }
  }

  # The most that a function's role may ever do: use what the environment has. No administration, no identities.
  ci_boundaries = {
    for name, at in local.ci_arns : name => {
      use_tables = {
        actions = [
          "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable",
          "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
        ]
        resources = [at.tables], conditions = []
      }
      use_streams = {
        actions = [
          "kinesis:DescribeStream", "kinesis:DescribeStreamConsumer", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
          "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:PutRecord", "kinesis:PutRecords", "kinesis:SubscribeToShard",
        ]
        resources = [at.streams], conditions = []
      }
      use_buckets = {
        actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutObject"]
        resources = [at.buckets], conditions = []
      }
      use_functions = { actions = ["lambda:InvokeFunction"], resources = [at.functions], conditions = [] }
      # A phone has no ARN: a text is held to no resource. Topics have, and no function publishes to one.
      text_phones  = { effect = "Allow", actions = ["sns:Publish"], resources = ["*"], conditions = [] }
      leave_topics = { effect = "Deny", actions = ["sns:Publish"], resources = ["${local.ci[name].arn}:sns:*"], conditions = [] }
      use_machines = {
        actions   = ["states:SendTaskFailure", "states:SendTaskSuccess", "states:StartExecution"]
        resources = [at.machines], conditions = []
      }
      see_executions = { actions = ["states:DescribeExecution"], resources = [at.executions], conditions = [] }
      # What a machine's role takes to log: docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html, held to no resource.
      deliver_logs = {
        actions = [
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
          "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        ]
        resources = ["*"], conditions = []
      }
      use_key = {
        actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
        resources = [at.keys], conditions = local.ci_tagged[name].is
      }
      write_logs   = { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = at.log_groups, conditions = [] }
      write_traces = { actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources = ["*"], conditions = [] }
    }
  }
}
