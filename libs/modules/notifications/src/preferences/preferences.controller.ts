import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, ViewerId } from '@tearline/auth';
import { PreferencesBody, UpdatePreferences } from './preferences.schemas.js';
import { PreferencesService } from './preferences.service.js';

@ApiTags('Notifications')
@Controller('api/notifications/preferences')
@Authenticated()
export class PreferencesController {
  constructor(private readonly preferences: PreferencesService) {}

  @Get()
  @ApiOperation({ operationId: 'GetNotificationPreferences', summary: 'Your e-mail preferences' })
  @ApiResponse({ status: 200, standardSchema: PreferencesBody })
  async get(@ViewerId() viewer: number): Promise<PreferencesBody> {
    return { preferences: { email: await this.preferences.of(viewer) } };
  }

  @Put()
  @ApiOperation({
    operationId: 'UpdateNotificationPreferences',
    summary: 'Change your e-mail preferences',
  })
  @ApiResponse({ status: 200, standardSchema: PreferencesBody })
  async update(
    @Body({ schema: UpdatePreferences }) { preferences }: UpdatePreferences,
    @ViewerId() viewer: number,
  ): Promise<PreferencesBody> {
    return { preferences: { email: await this.preferences.update(viewer, preferences.email) } };
  }
}
