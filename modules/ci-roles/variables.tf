variable "audience" {
  description = "Audience that a token has to be made for: what the job asks its issuer for."
  type        = string
  default     = "sts.amazonaws.com"
  nullable    = false

  validation {
    condition     = can(regex("^[^*?\\s]+$", var.audience))
    error_message = "audience is \"${var.audience}\"; give it whole, as tokens have it as aud, such as sts.amazonaws.com or https://gitlab.example.com."
  }
}

variable "ceiling_services" {
  description = "Services, by the prefix of their actions, that the roles can ever use, whatever is attached to them. IAM is not among them: of it they can have roles only, and those with the boundary."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.ceiling_services) > 0 && alltrue([for service in var.ceiling_services : can(regex("^[a-z0-9-]+$", service))])
    error_message = "ceiling_services are prefixes of actions, such as dynamodb; these are not: ${join(", ", [for service in var.ceiling_services : "\"${service}\"" if !can(regex("^[a-z0-9-]+$", service))])}."
  }

  validation {
    condition     = length(setintersection(var.ceiling_services, ["account", "iam", "organizations", "sso"])) == 0
    error_message = "The roles administer no account and no identities: take ${join(", ", setintersection(var.ceiling_services, ["account", "iam", "organizations", "sso"]))} out of ceiling_services."
  }
}

variable "environments" {
  description = <<-EOT
    The environments by name. For each: who may take on the role that plans and the one that applies, as the subjects of
    the issuer's tokens, whole (GitHub's: `repo:<owner>@<id>/<name>@<id>:` and then `pull_request`, `environment:<name>` or
    `ref:refs/heads/<branch>`; without the ids for a repository of before 15 July 2026); what the roles may do, as policies by name, each a map of statements; and
    `boundary_statements`, the most that a role which the apply role makes may ever do, less what has the `effect` Deny.
  EOT
  type = map(object({
    plan_subjects  = set(string)
    apply_subjects = set(string)
    plan_policies = map(map(object({
      actions   = list(string)
      resources = list(string)
      conditions = optional(list(object({
        test     = string
        variable = string
        values   = list(string)
      })), [])
    })))
    apply_policies = map(map(object({
      actions   = list(string)
      resources = list(string)
      conditions = optional(list(object({
        test     = string
        variable = string
        values   = list(string)
      })), [])
    })))
    boundary_statements = map(object({
      effect    = optional(string, "Allow")
      actions   = list(string)
      resources = list(string)
      conditions = optional(list(object({
        test     = string
        variable = string
        values   = list(string)
      })), [])
    }))
  }))
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.environments) : can(regex("^[a-z][a-z0-9-]{0,19}$", name))])
    error_message = "Environments have names of up to 20 lower-case letters, digits and hyphens; these have not: ${join(", ", [for name in keys(var.environments) : name if !can(regex("^[a-z][a-z0-9-]{0,19}$", name))])}."
  }

  validation {
    condition     = alltrue([for name in keys(var.environments) : alltrue([for other in keys(var.environments) : !startswith(other, "${name}-")])])
    error_message = "What is <name_prefix>-<environment>-* belongs to that environment, so none may be called as another and a hyphen begin; these are: ${join(", ", [for name in keys(var.environments) : name if anytrue([for other in keys(var.environments) : startswith(name, "${other}-")])])}."
  }

  validation {
    condition     = alltrue(flatten([for environment in values(var.environments) : [for policies in [environment.plan_policies, environment.apply_policies] : [for name in keys(policies) : can(regex("^[a-zA-Z0-9_+=,.@-]{1,64}$", name))]]]))
    error_message = "A policy's name here has 1 to 64 letters, digits and the signs _ + = , . @ -; these have not: ${join(", ", flatten([for environment in values(var.environments) : [for policies in [environment.plan_policies, environment.apply_policies] : [for name in keys(policies) : "\"${name}\"" if !can(regex("^[a-zA-Z0-9_+=,.@-]{1,64}$", name))]]]))}."
  }

  validation {
    condition = alltrue(flatten([
      for environment in values(var.environments) : [
        [for subject in environment.apply_subjects : can(regex(local.apply_pattern, subject))],
        [for subject in environment.plan_subjects : can(regex(local.plan_pattern, subject))],
      ]
    ]))
    error_message = "A subject is given whole: ${local.form_of_subjects}. These are not: ${join(", ", flatten([for environment in values(var.environments) : [[for subject in environment.apply_subjects : subject if !can(regex(local.apply_pattern, subject))], [for subject in environment.plan_subjects : subject if !can(regex(local.plan_pattern, subject))]]]))}."
  }

  validation {
    condition     = !local.is_github || alltrue(flatten([for environment in values(var.environments) : [for subject in environment.apply_subjects : can(regex(":environment:", subject))]]))
    error_message = "Only a job of a GitHub environment applies, since that is what reviewers protect; these subjects are none: ${join(", ", flatten([for environment in values(var.environments) : [for subject in environment.apply_subjects : subject if !can(regex(":environment:", subject))]]))}."
  }

  validation {
    condition     = alltrue([for environment in values(var.environments) : length(environment.plan_subjects) > 0 && length(environment.apply_subjects) > 0])
    error_message = "Nobody could plan or apply these environments: ${join(", ", [for name, environment in var.environments : name if length(environment.plan_subjects) == 0 || length(environment.apply_subjects) == 0])}; give each plan_subjects and apply_subjects."
  }

  validation {
    condition = alltrue(flatten([
      for environment in values(var.environments) : [
        for policy in concat(values(environment.plan_policies), values(environment.apply_policies), [environment.boundary_statements]) : [
          for statement in values(policy) : [for action in statement.actions : !strcontains(action, "*")]
        ]
      ]
    ]))
    error_message = "Actions are named in full; a statement of plan_policies, apply_policies or boundary_statements has a * in one."
  }

  validation {
    condition     = alltrue(flatten([for environment in values(var.environments) : [for statement in values(environment.boundary_statements) : contains(["Allow", "Deny"], statement.effect)]]))
    error_message = "A statement of a boundary has the effect Allow or Deny; not so: ${join(", ", flatten([for environment in values(var.environments) : [for name, statement in environment.boundary_statements : "${name} (${statement.effect})" if !contains(["Allow", "Deny"], statement.effect)]]))}."
  }

  validation {
    condition     = alltrue(flatten([for environment in values(var.environments) : [for policies in [environment.plan_policies, environment.apply_policies] : length(policies) >= 1 && length(policies) <= 10]]))
    error_message = "A role takes 1 to 10 policies; these environments have other numbers: ${join(", ", [for name, environment in var.environments : name if min(length(environment.plan_policies), length(environment.apply_policies)) < 1 || max(length(environment.plan_policies), length(environment.apply_policies)) > 10])}."
  }
}

variable "issuer" {
  description = "Who signs the tokens, as they have it as `iss`, without a slash at its end: GitHub, `https://<host>/_services/token` of a GitHub Enterprise Server, `https://gitlab.com`, or a GitLab's own address. AWS has to reach it."
  type        = string
  default     = "https://token.actions.githubusercontent.com"
  nullable    = false

  validation {
    condition     = can(regex("^https://[^\\s?#:]+[^\\s?#:/]$", var.issuer))
    error_message = "issuer is \"${var.issuer}\"; give the https:// address that tokens have as iss, without a port and without a slash at its end, such as https://gitlab.com."
  }
}

variable "name_prefix" {
  description = "What every name begins with: the roles are `<name_prefix>-<environment>-plan` and `-apply`, the boundary is `<name_prefix>-<environment>-boundary`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,31}$", var.name_prefix))
    error_message = "name_prefix is \"${var.name_prefix}\" (${length(var.name_prefix)} characters); give 1 to 32 letters, digits and hyphens (a role's name takes 64)."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of the account's OIDC provider for the issuer, of which there can be one only: it is the account's, so its root makes it, not this module."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/.+$", var.oidc_provider_arn))
    error_message = "\"${var.oidc_provider_arn}\" is no OIDC provider: give arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com, or that of another issuer."
  }

  validation {
    condition     = endswith(var.oidc_provider_arn, "/${trimprefix(var.issuer, "https://")}")
    error_message = "\"${var.oidc_provider_arn}\" is the provider of another issuer than ${var.issuer}: tokens of one are none of the other's. Give issuer and provider that belong together."
  }
}

variable "session_seconds" {
  description = "Seconds for which a job's credentials are good, 3600 to 43200."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.session_seconds >= 3600 && var.session_seconds <= 43200 && floor(var.session_seconds) == var.session_seconds
    error_message = "session_seconds is ${var.session_seconds}; give a whole number from 3600 (an hour) to 43200 (twelve)."
  }
}

variable "tags" {
  description = "Tags of roles, policies and provider, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}
