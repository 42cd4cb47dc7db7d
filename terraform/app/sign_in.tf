module "players" {
  source = "../../modules/user-pool"

  name                = "${local.name_prefix}-players"
  alias_attributes    = ["email"]
  required_attributes = ["name"]
  totp                = var.sign_in.totp
  deletion_protection = var.sign_in.deletion_protection
  alarm_actions       = local.alarm_actions
  runbooks_url        = var.runbooks_url

  groups = {
    customer     = "Buys. Every signed-in user may."
    merchant     = "Offers products."
    photographer = "Takes products' pictures."
  }

  # The page sends the password over TLS: it loads no library that would speak SRP.
  app_client = {
    auth_flows = ["USER_PASSWORD_AUTH"]
  }

  token_lifetimes = {
    id_minutes     = var.sign_in.token_minutes
    access_minutes = var.sign_in.token_minutes
    refresh_hours  = var.sign_in.session_hours
  }
}
